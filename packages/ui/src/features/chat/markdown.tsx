/** Markdown that may still be growing. Loaded apart: it is half of the page's weight. */
import { type Components, defaultComponents, Streamdown } from 'streamdown';

/**
 * Images become links: an answer may repeat what a hostile log line said, and a picture's address would carry data
 * away without a click.
 */
const COMPONENTS: Components = {
  img: ({ alt, src, node }) =>
    typeof src === 'string' ? (
      <defaultComponents.a href={src} node={node}>
        {alt || src}
      </defaultComponents.a>
    ) : (
      <>{alt}</>
    ),
};

const CONTROLS = {
  code: { copy: true, download: false },
  table: false,
};

export function Markdown({ text, streaming }: { text: string; streaming: boolean }) {
  return (
    <Streamdown
      components={COMPONENTS}
      controls={CONTROLS}
      isAnimating={streaming}
      lineNumbers={false}
      parseIncompleteMarkdown={streaming}
    >
      {text}
    </Streamdown>
  );
}
