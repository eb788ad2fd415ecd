import type { ComponentChildren, TargetedEvent } from "preact";
import { Mark } from "../symbols/Icon";

interface Props {
  title: string;
  alert?: boolean;
  onSubmit?: (event: TargetedEvent<HTMLFormElement>) => void;
  children: ComponentChildren;
}

/** The card of the pages that need no log-in; a form where something is submitted. */
export function AccountCard({ title, alert = false, onSubmit, children }: Props) {
  const content = (
    <>
      <div class="brand">
        <Mark />
        geo-assign
      </div>
      <h1 id="account-title">{title}</h1>
      {children}
    </>
  );
  return (
    <main class="login account-page">
      {onSubmit ? (
        <form class="card" method="post" onSubmit={onSubmit} aria-labelledby="account-title">
          {content}
        </form>
      ) : (
        <section class="card" role={alert ? "alert" : "status"} aria-labelledby="account-title">
          {content}
        </section>
      )}
    </main>
  );
}
