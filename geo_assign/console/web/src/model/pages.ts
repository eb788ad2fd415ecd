/** The console's pages by their address: `/console/` is the one without a name, `/console/board` the one named "board". */
export interface PageAddress {
  readonly name: string;
  /** Its link in the bar at the top. */
  readonly label: string;
}

const BASE = "/console/";

export function hrefOf(page: PageAddress): string {
  return BASE + page.name;
}

/** The page at a path, or undefined where there is none. */
export function findPage<P extends PageAddress>(pages: readonly P[], pathname: string): P | undefined {
  return pages.find((page) => hrefOf(page) === pathname);
}
