import { mount } from "svelte";

import "./style/base.css";
import App from "./App.svelte";
import { now } from "./lib/now.svelte";
import { router } from "./lib/router.svelte";
import { choice } from "./lib/theme.svelte";
import { app } from "./offline/app.svelte";

choice.show();
now.start();
router.start();

const target = document.getElementById("app");
if (!target) throw new Error("index.html has no #app");
mount(App, { target });
void app.keep();
