import { mount } from "svelte";

import "../style/base.css";
import { now } from "../lib/now.svelte";
import Simulator from "./Simulator.svelte";

now.start();
const target = document.getElementById("app");
if (!target) throw new Error("simulator.html has no #app");
mount(Simulator, { target });
