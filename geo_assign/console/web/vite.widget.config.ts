import { readFileSync } from "node:fs";
import { defineConfig } from "vite";
import { compressed } from "./vite.config";

/** The appointment widget: one script under a name that stays, for pages that are not ours; and our own page of it. */
export default defineConfig({
  build: {
    outDir: "../dist/widget",
    emptyOutDir: true,
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    copyPublicDir: false,
    lib: { entry: "src/widget/main.ts", formats: ["iife"], name: "geoAssignBooking", fileName: () => "widget.js" },
  },
  plugins: [
    compressed(),
    {
      name: "widget-page",
      generateBundle() {
        this.emitFile({ type: "asset", fileName: "page.html", source: readFileSync("widget.html") });
      },
    },
  ],
});
