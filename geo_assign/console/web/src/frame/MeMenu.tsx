import { initials } from "../model/words";
import { texts } from "../texts/console";
import { Menu } from "../ui/Menu";
import { usePage } from "./context";
import { LanguageChoice } from "./LanguageChoice";
import { pagesInBar } from "./pages";
import { hrefOf } from "./router";

/** The account: how the console behaves for this person, and the way out. */
export function MeMenu() {
  const { desk, session, view } = usePage();
  const { user, organization } = desk.me;
  const words = texts.value.frame;
  const face = (
    <>
      <span class="avatar">{initials(user.name)}</span>
      <span class="sr">{words.account(user.name)}</span>
    </>
  );
  return (
    <Menu class="me" summary={face}>
      <p>
        <b>{user.name}</b>
        <span>{user.email}</span>
        <span>{organization.name}</span>
      </p>
      {view.phone.value && <PageLinks />}
      <label class="check">
        <input
          type="checkbox"
          checked={view.letterKeys.value}
          onChange={() => (view.letterKeys.value = !view.letterKeys.value)}
        />
        {words.letterKeys}
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={view.followWindows.value}
          onChange={() => (view.followWindows.value = !view.followWindows.value)}
        />
        {words.followWindows}
      </label>
      <LanguageChoice label={words.language} onChoose={(chosen) => session.chooseLanguage(chosen)} />
      <a href={hrefOf("second-factor")}>{words.secondFactor}</a>
      <button type="button" class="btn" onClick={() => void session.logOut()}>
        {words.logOut}
      </button>
    </Menu>
  );
}

/** A phone's bar at the bottom has the commonest pages; here are all. */
function PageLinks() {
  return (
    <nav aria-label={texts.value.frame.pages}>
      {pagesInBar(usePage().desk.me).map((page) => (
        <a key={page.name} href={hrefOf(page.name)}>
          {page.label(texts.value)}
        </a>
      ))}
    </nav>
  );
}
