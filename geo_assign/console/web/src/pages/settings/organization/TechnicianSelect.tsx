import { texts } from "../../../texts/settings";

interface TechnicianSelectProps {
  people: readonly { id: string; name: string }[];
  value: string;
  onChange: (id: string) => void;
}

export function TechnicianSelect({ people, value, onChange }: TechnicianSelectProps) {
  return (
    <select
      class="in"
      aria-label={texts.value.privacy.technician}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    >
      <option value="">{texts.value.form.choose}</option>
      {people.map((one) => (
        <option key={one.id} value={one.id}>
          {one.name}
        </option>
      ))}
    </select>
  );
}
