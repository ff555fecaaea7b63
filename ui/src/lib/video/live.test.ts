import { describe, expect, it } from "vitest";
import { LiveEdge, type Step } from "./edge";
import { headerOf } from "./session";

describe("the line that announces a stream", () => {
  const pictures = 'video/mp4; codecs="avc1.42c01f"';
  const sound = 'audio/mp4; codecs="mp4a.40.2"';

  it("tells of pictures, and of the sound that may be heard with them", () => {
    const line = JSON.stringify({ mime: pictures, sound, starts_ms: 4_500 });
    expect(headerOf(line)).toEqual({ mediaType: pictures, sound, startsMs: 4_500 });
  });

  it("tells of no sound where the owner allowed none", () => {
    expect(headerOf(JSON.stringify({ mime: pictures, starts_ms: 0 }))?.sound).toBeUndefined();
  });

  it("is nothing else", () => {
    for (const line of [
      "",
      "{}",
      "null",
      "[]",
      '{"mime":1,"starts_ms":0}',
      '{"mime":"video/mp4"}',
    ]) {
      expect(headerOf(line), line).toBeUndefined();
    }
  });
});

describe("the edge", () => {
  /** An edge whose pieces come every 40 ms, and that has begun. */
  function steady(least?: number, fastest?: number): LiveEdge {
    const edge = new LiveEdge(least, fastest);
    for (let n = 0; n < 10; n += 1) edge.arrived(n * 0.04);
    edge.step(0, 0.04);
    return edge;
  }
  const rate = (step: Step) => ("rate" in step ? step.rate : undefined);

  it("is jumped to at once from what came since the last keyframe, and not again for a trifle", () => {
    const edge = new LiveEdge();
    edge.arrived(0);
    expect(edge.step(0, 1.6)).toEqual({ jumpTo: 1.5 });
    expect(rate(edge.step(1.5, 1.8))).toBeGreaterThan(1);
    expect(edge.step(1.5, 4)).toEqual({ jumpTo: 3.9 });
  });

  it("is not jumped to if the keyframe has just come", () => {
    expect(new LiveEdge().step(0, 0.04)).toEqual({ rate: 1 });
  });

  it("is kept by sound behind its picture, which it neither overtakes nor waits for", () => {
    const edge = steady(0.25, 1.08);
    expect(rate(edge.step(9.5, 11, 9.6)), "late, and no faster than speech may be").toBe(1.08);
    expect(rate(edge.step(9.5, 10, 9.48)), "in time").toBe(1);
    expect(rate(edge.step(9.5, 10, 9.3)), "early").toBeLessThan(1);
    expect(rate(edge.step(9.5, 10, 2)), "the picture has stopped").toBeGreaterThan(1);
    expect(rate(edge.step(9.5, 10)), "there is no picture").toBeGreaterThan(1);
  });
});
