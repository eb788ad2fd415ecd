import type { ComponentType } from "preact";
import type { PageAddress } from "../model/pages";
import { MapPage } from "./MapPage";

export interface ConsolePage extends PageAddress {
  readonly Content: ComponentType;
}

/** Every page of the console, in the order of their links. */
export const PAGES: readonly ConsolePage[] = [{ name: "", label: "Map", Content: MapPage }];
