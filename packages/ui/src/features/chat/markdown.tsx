/** Markdown that may still be growing. Loaded when the first answer is there: it is most of the page's weight. */
import { Streamdown } from 'streamdown';

export function Markdown({ text }: { text: string }) {
  return <Streamdown>{text}</Streamdown>;
}
