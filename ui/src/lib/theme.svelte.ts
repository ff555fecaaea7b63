// Light or dark: as the system says, unless this person chose otherwise on this device.

export type Theme = "system" | "light" | "dark";

const KEPT_AS = "doorward.theme";

class Choice {
  theme = $state<Theme>(read());

  choose(theme: Theme): void {
    this.theme = theme;
    if (theme === "system") localStorage.removeItem(KEPT_AS);
    else localStorage.setItem(KEPT_AS, theme);
    this.show();
  }

  show(): void {
    const root = document.documentElement;
    if (this.theme === "system") delete root.dataset.theme;
    else root.dataset.theme = this.theme;
  }
}

function read(): Theme {
  const kept = globalThis.localStorage?.getItem(KEPT_AS);
  return kept === "light" || kept === "dark" ? kept : "system";
}

export const choice = new Choice();
