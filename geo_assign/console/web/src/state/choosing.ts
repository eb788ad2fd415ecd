import { signal } from "@preact/signals";
import { ApiProblem, type Client } from "../api/client";
import type { LinkOwner } from "../api/types";
import { isDeadLink } from "../model/links";
import { texts } from "../texts/accounts";

export interface Choice {
  password: string;
  again: string;
  name: string;
}

export type Phase =
  | { name: "looking" }
  | { name: "unreachable"; text: string }
  | { name: "dead"; code: string }
  | { name: "open"; owner: LinkOwner }
  | { name: "chosen"; owner: LinkOwner; loggedIn: boolean };

/** A link that was opened: whom it is for, and the password that is chosen with it. */
export class Choosing {
  readonly phase = signal<Phase>({ name: "looking" });
  readonly problem = signal("");
  readonly busy = signal(false);

  constructor(
    private readonly client: Client,
    private readonly token: string,
  ) {}

  async look(): Promise<void> {
    this.phase.value = { name: "looking" };
    try {
      this.phase.value = { name: "open", owner: await this.client.lookAtLink(this.token) };
    } catch (error) {
      this.refused(error);
    }
  }

  async choose(owner: LinkOwner, choice: Choice): Promise<void> {
    if (choice.password !== choice.again) {
      this.problem.value = texts.peek().differ;
      return;
    }
    this.busy.value = true;
    this.problem.value = "";
    try {
      const loggedIn = await this.send(owner, choice);
      this.phase.value = { name: "chosen", owner, loggedIn };
    } catch (error) {
      this.refused(error);
    } finally {
      this.busy.value = false;
    }
  }

  /** Whether this browser is logged in then. Technicians log in on their phones. */
  private async send(owner: LinkOwner, { password, name }: Choice): Promise<boolean> {
    if (owner.purpose === "password_reset") {
      await this.client.acceptReset({ token: this.token, password });
      return false;
    }
    const technician = owner.role === "technician";
    const device = technician ? { device: "browser" } : {};
    await this.client.acceptInvitation({ token: this.token, password, name: name.trim() || owner.name, ...device });
    if (technician) await this.client.logOut();
    return !technician;
  }

  private refused(error: unknown): void {
    if (!(error instanceof ApiProblem)) throw error;
    if (isDeadLink(error.code)) this.phase.value = { name: "dead", code: error.code };
    else if (this.phase.value.name === "looking") this.phase.value = { name: "unreachable", text: error.message };
    else this.problem.value = error.body.errors?.map((one) => one.detail).join(" ") || error.message;
  }
}
