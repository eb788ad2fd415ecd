import type { OrderDetail } from "../../api/types";
import { usePage } from "../../frame/context";
import { Icon, type IconName } from "../../symbols/Icon";
import { type ActionId, actionsOf, type OrderAction, rightsOf } from "./actions";
import { Box } from "./Box";
import { useOrderState, words } from "./context";
import { CancelForm, ConvertForm, MoveForm, RejectForm, UnassignForm } from "./forms";
import { ReallocateForm } from "./GiveForm";
import { Key, toggle } from "./Now";
import { RescheduleForm } from "./RescheduleForm";

const ICONS: Record<ActionId, IconName> = {
  transfer: "swap",
  reassign: "swap",
  convert: "doc",
  reallocate: "user",
  reschedule: "clock",
  reject: "left",
  unassign: "minus",
  cancel: "no",
};

/** Everything else that can be done, each in its place with only what it needs; what cannot be done says why. */
export function Actions({ order }: { order: OrderDetail }) {
  const state = useOrderState();
  const { desk } = usePage();
  const facts = { order, rights: rightsOf(desk.me), destinations: state.destinations.value };
  return (
    <Box class="acts" title={words().act.title}>
      <ul>
        {actionsOf(facts, words()).map((action) => (
          <Action key={action.id} action={action} order={order} />
        ))}
      </ul>
    </Box>
  );
}

function Action({ action, order }: { action: OrderAction; order: OrderDetail }) {
  const state = useOrderState();
  const open = state.form.value === action.id && !action.blocked;
  const classes = ["act", action.blocked && "off", action.danger && "dang"].filter(Boolean).join(" ");
  return (
    <li class={open ? "op" : ""}>
      <button
        type="button"
        class={classes}
        aria-disabled={action.blocked ? "true" : undefined}
        aria-expanded={open}
        data-shortcut={action.key}
        onClick={() => {
          if (!action.blocked) toggle(state, action.id);
        }}
      >
        <Icon name={ICONS[action.id]} />
        <b>{action.label}</b>
        <small>{action.blocked || action.hint}</small>
        <Key name={action.key} />
      </button>
      {open && <Form id={action.id} order={order} />}
    </li>
  );
}

function Form({ id, order }: { id: ActionId; order: OrderDetail }) {
  switch (id) {
    case "transfer":
    case "reassign":
      return <MoveForm order={order} to={id} />;
    case "convert":
      return <ConvertForm />;
    case "reallocate":
      return <ReallocateForm order={order} />;
    case "reschedule":
      return <RescheduleForm order={order} />;
    case "reject":
      return <RejectForm order={order} />;
    case "unassign":
      return <UnassignForm />;
    case "cancel":
      return <CancelForm />;
  }
}
