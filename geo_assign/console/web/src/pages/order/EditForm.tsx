import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import type { OrderDetail } from "../../api/types";
import { usePage } from "../../frame/context";
import { Box } from "./Box";
import { useOrderState, words } from "./context";
import { changesOf, type Field, type Fields, fieldsOf } from "./editing";
import { at } from "./state";

const ROWS: readonly (readonly Field[])[] = [
  ["name", "phone", "email"],
  ["address"],
  ["type", "brand", "model"],
  ["issue", "skills", "priority"],
  ["notes"],
];

const INPUT_MODES: Partial<Record<Field, "tel" | "email" | "numeric">> = { phone: "tel", email: "email" };

/** Correct the order: only what was changed is sent. */
export function EditForm({ order }: { order: OrderDetail }) {
  const state = useOrderState();
  const { client } = usePage();
  const { form, act, busy } = words();
  const typed = useSignal<Fields>(fieldsOf(order));
  const changes = changesOf(order, typed.value);
  const nameMissing = !typed.value.name.trim();
  const save = () =>
    void state.act(
      async (shown) => (await client.api.PATCH("/v1/work-orders/{id}", { params: at(shown), body: changes })).data,
    );
  return (
    <Box class="edit" title={form.title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!nameMissing && Object.keys(changes).length > 0) save();
        }}
      >
        {ROWS.map((row) => (
          <div class="fields" key={row.join()}>
            {row.map((field) => (
              <TextField
                key={field}
                field={field}
                value={typed.value[field]}
                onChange={(value) => {
                  typed.value = { ...typed.value, [field]: value };
                }}
              />
            ))}
          </div>
        ))}
        <div class="opf">
          <button
            type="submit"
            class="btn pri"
            disabled={nameMissing || Object.keys(changes).length === 0 || state.busy.value}
          >
            {state.busy.value ? busy : form.save}
          </button>
          <button
            type="button"
            class="btn"
            onClick={() => {
              state.form.value = null;
            }}
          >
            {act.dismiss}
          </button>
          <p class="muted" role="status">
            {nameMissing ? form.nameMissing : Object.keys(changes).length === 0 ? form.unchanged : ""}
          </p>
        </div>
      </form>
    </Box>
  );
}

interface TextFieldProps {
  field: Field;
  value: string;
  onChange: (value: string) => void;
}

function TextField({ field, value, onChange }: TextFieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{words().form[field]}</label>
      {field === "notes" ? (
        <textarea
          id={id}
          rows={2}
          maxLength={4000}
          value={value}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      ) : (
        <input
          id={id}
          inputMode={INPUT_MODES[field] ?? "text"}
          value={value}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </div>
  );
}
