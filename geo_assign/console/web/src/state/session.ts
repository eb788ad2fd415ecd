import { batch, signal } from "@preact/signals";
import { ApiProblem, type Client, type LogIn } from "../api/client";
import type { Config, LogInWays, Me } from "../api/types";
import { isSlug, logInProblem, signOnProblem } from "../model/logIn";
import { texts } from "../texts/accounts";
import { chooseLanguage, chosenLanguage, type Language, language } from "../texts/language";

const LAST_ORGANIZATION = "geo-assign-organization";
/** The user whose choice of a language the service was not told yet. */
const UNTOLD = "geo-assign-language-untold";
const PASSWORD_ALONE: LogInWays = { single_sign_on: false, password: true };

/** Who is logged in. `me` is undefined until known, null when no user is. */
export class Session {
  readonly me = signal<Me | null | undefined>(undefined);
  readonly config = signal<Config>({ tiles: null, basemap_url: null, version: "", first_step: null });
  readonly problem = signal<string | null>(null);
  /** Why it is not known who is logged in; null where it is. */
  readonly unreachable = signal<string | null>(null);
  readonly busy = signal(false);
  /** How users of the organization that was named log in. */
  readonly ways = signal<LogInWays>(PASSWORD_ALONE);
  /** What was entered, while a code is still asked for. */
  readonly awaitsCode = signal<LogIn | null>(null);
  /** The organization demands a second factor that this user has not switched on. */
  readonly mustEnrol = signal(false);

  constructor(readonly client: Client) {
    client.onUnauthorized = () => {
      if (this.me.value) this.problem.value = texts.peek().sessionEnded;
      this.me.value = null;
      this.mustEnrol.value = false;
    };
    client.onMustEnrol = () => {
      this.mustEnrol.value = true;
    };
    this.me.subscribe((me) => me && this.meetLanguage(me));
  }

  /** The language of the pages on this computer, and of the mails and push messages to this user. */
  chooseLanguage(chosen: Language): void {
    chooseLanguage(chosen);
    const me = this.me.peek();
    if (me) globalThis.localStorage?.setItem(UNTOLD, me.user.id);
    this.tellLanguage(chosen);
  }

  /** An account that has a language brings it to a computer where none was chosen; one that has none takes it over. */
  private meetLanguage({ user, technician_id }: Me): void {
    const chosen = chosenLanguage();
    if (user.language) {
      if (!chosen) chooseLanguage(user.language);
      else if (globalThis.localStorage?.getItem(UNTOLD) === user.id) this.tellLanguage(chosen);
      return;
    }
    // A technician's phone is woken in the language that its app has, chosen or not.
    if (chosen || technician_id) this.tellLanguage(language.peek());
  }

  /** Where it cannot be told now, it is told at the next start. */
  private tellLanguage(told: Language): void {
    this.client.writeTo(told).then(
      () => globalThis.localStorage?.removeItem(UNTOLD),
      (error: Error) => console.warn(error.message),
    );
  }

  /** Find out who is logged in. Where the service does not say, it is asked again by another call. */
  async start(): Promise<void> {
    const config = await this.client.config().catch(() => null);
    if (config) this.config.value = config;
    let me: Me | null = null;
    try {
      // Without a session the answer is known, and the browser would call it an error.
      if (config?.has_session !== false) me = await this.client.me();
    } catch (error) {
      if (error instanceof ApiProblem && error.status !== 401 && !this.mustEnrol.value) {
        // Not the log-in: its user may well be logged in.
        this.unreachable.value = error.message;
        return;
      }
    }
    this.meet(me);
    if (me) return;
    this.tellOfSignOn();
    void this.lookUpWays(this.lastOrganization);
  }

  /** It is known who is logged in; null: no user is. */
  meet(me: Me | null): void {
    batch(() => {
      this.unreachable.value = null;
      this.me.value = me;
    });
  }

  async logIn(entered: LogIn): Promise<void> {
    await this.tried(async () => {
      const opened = await this.client.logIn(entered);
      localStorage.setItem(LAST_ORGANIZATION, entered.organization);
      this.awaitsCode.value = null;
      if (opened.must_enrol) this.mustEnrol.value = true;
      else this.me.value = await this.client.me();
    }, entered);
  }

  /** The code goes along with what was entered before. */
  async sendCode(code: string): Promise<void> {
    if (this.awaitsCode.value) await this.logIn({ ...this.awaitsCode.value, code });
  }

  /** Back from the code to the password, or from enrolment to the log-in. */
  async giveUp(): Promise<void> {
    if (this.mustEnrol.value) await this.logOut();
    this.awaitsCode.value = null;
    this.problem.value = null;
  }

  /** A second factor is switched on: the session is good for everything now. */
  async enrolled(): Promise<void> {
    this.mustEnrol.value = false;
    this.problem.value = null;
    this.me.value = await this.client.me().catch(() => null);
  }

  /** Whether the organization that is being named has single sign-on, and whether passwords work. */
  async lookUpWays(organization: string): Promise<void> {
    const found = isSlug(organization) ? await this.client.logInWays(organization).catch(() => PASSWORD_ALONE) : null;
    this.ways.value = found ?? PASSWORD_ALONE;
  }

  async logOut(): Promise<void> {
    await this.client.logOut().catch(() => undefined);
    this.problem.value = null;
    this.mustEnrol.value = false;
    this.me.value = null;
  }

  /** The organization entered last on this computer; most people have one. */
  get lastOrganization(): string {
    return localStorage.getItem(LAST_ORGANIZATION) ?? "";
  }

  /** Remember the organization before the browser leaves for its identity provider. */
  remember(organization: string): void {
    localStorage.setItem(LAST_ORGANIZATION, organization);
  }

  private async tried(act: () => Promise<void>, entered: LogIn): Promise<void> {
    this.busy.value = true;
    this.problem.value = null;
    try {
      await act();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (error.code === "second_factor_required") this.awaitsCode.value = entered;
      this.problem.value = logInProblem(error) || null;
    } finally {
      this.busy.value = false;
    }
  }

  private tellOfSignOn(): void {
    const told = signOnProblem(location.search);
    if (told === null) return;
    this.problem.value = told;
    history.replaceState(null, "", location.pathname);
  }
}
