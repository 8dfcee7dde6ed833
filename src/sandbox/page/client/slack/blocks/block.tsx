import { Image as ImageIcon } from 'lucide-preact';
import { useId } from 'preact/hooks';
import type { Block } from '../../../../slack/blocks/blocks.ts';
import { ElementOf } from '../elements/element.tsx';
import { drawFlows } from '../markup/draw.ts';
import { markdown } from '../markup/markdown.ts';
import { webAddress } from '../markup/tree.ts';
import { useSurface } from '../surface.ts';
import { RichTextOf } from './rich-text.tsx';
import { Plain, TextOf } from './text.tsx';

type Of<Type extends Block['type']> = Extract<Block, { type: Type }>;

/** Blocks of a message or view, one under the other. */
export function Blocks({ blocks }: { blocks: readonly Block[] }) {
  return (
    <div class="blocks">
      {blocks.map((block, at) => (
        <BlockOf key={placeOf(blocks, at)} block={block} />
      ))}
    </div>
  );
}

/** What makes a block the same one after an update. Ids that Slack gave by itself are others then, and whoever stands on
 *  a button keeps it: buttons are known by what they do, inputs by their id, as what is typed into them is. */
function placeOf(blocks: readonly Block[], at: number): string {
  const { type, block_id: id } = blocks[at]!;
  if (type === 'input') return `input ${id}`;
  return `${type} ${blocks.slice(0, at).filter((one) => one.type === type).length}`;
}

function BlockOf({ block }: { block: Block }) {
  const { names } = useSurface();
  switch (block.type) {
    case 'section':
      return <Section block={block} />;
    case 'header':
      return (
        <h3 class="block-header">
          <Plain text={block.text} names={names} />
        </h3>
      );
    case 'divider':
      return <hr class="block-divider" />;
    case 'context':
      return <Context block={block} />;
    case 'actions':
      return (
        <div class="block-actions">
          {block.elements.map((element) => (
            <ElementOf key={element.action_id} block={block} element={element} />
          ))}
        </div>
      );
    case 'input':
      return <Input block={block} />;
    case 'image':
      return (
        <figure class="block-image">
          {block.title && (
            <figcaption>
              <Plain text={block.title} names={names} />
            </figcaption>
          )}
          <Picture url={block.image_url} alt={block.alt_text} />
        </figure>
      );
    case 'rich_text':
      return <RichTextOf block={block} names={names} />;
    case 'markdown':
      return <div class="markup">{drawFlows(markdown(block.text), names)}</div>;
    case 'table':
      return <Table block={block} />;
    default:
      return block satisfies never;
  }
}

function Section({ block }: { block: Of<'section'> }) {
  const { names } = useSurface();
  const { text, fields, accessory } = block;
  return (
    <div class={accessory ? 'block-section with-accessory' : 'block-section'}>
      <div class="section-text">
        {text && (
          <div class="markup">
            <TextOf text={text} names={names} />
          </div>
        )}
        {fields && (
          <div class="section-fields">
            {fields.map((field, at) => (
              <div key={at} class="markup">
                <TextOf text={field} names={names} />
              </div>
            ))}
          </div>
        )}
      </div>
      {accessory && (
        <div class="section-accessory">
          {accessory.type === 'image' ? (
            <Picture url={accessory.image_url} alt={accessory.alt_text} />
          ) : (
            <ElementOf block={block} element={accessory} />
          )}
        </div>
      )}
    </div>
  );
}

function Context({ block }: { block: Of<'context'> }) {
  const { names } = useSurface();
  return (
    <div class="block-context">
      {block.elements.map((one, at) =>
        one.type === 'image' ? (
          <Picture key={at} url={one.image_url} alt={one.alt_text} small />
        ) : (
          <div key={at} class="markup">
            <TextOf text={one} names={names} />
          </div>
        ),
      )}
    </div>
  );
}

/** The page loads nothing from elsewhere, so a picture is its description and where it lies. */
function Picture({ url, alt, small = false }: { url: string | undefined; alt: string; small?: boolean }) {
  const href = url === undefined ? undefined : webAddress(url);
  if (small) return <ImageIcon class="picture-small" size={16} role="img" aria-label={alt} />;
  return (
    <span class="picture">
      <ImageIcon size={20} aria-hidden="true" />
      {href === undefined ? (
        alt
      ) : (
        <a href={href} target="_blank" rel="noopener noreferrer">
          {alt}
        </a>
      )}
    </span>
  );
}

function Input({ block }: { block: Of<'input'> }) {
  const { names, errors } = useSurface();
  const id = useId();
  const error = errors[block.block_id ?? ''];
  const isGroup = block.element.type === 'checkboxes' || block.element.type === 'radio_buttons';
  const label = (
    <>
      <Plain text={block.label} names={names} />
      {block.optional && <span class="optional"> (optional)</span>}
    </>
  );
  const describedBy = [block.hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div class={error ? 'block-input wrong' : 'block-input'}>
      {isGroup ? (
        <span id={`${id}-label`} class="input-label">
          {label}
        </span>
      ) : (
        <label id={`${id}-label`} class="input-label" for={`${id}-field`}>
          {label}
        </label>
      )}
      <ElementOf
        block={block}
        element={block.element}
        field={{
          id: `${id}-field`,
          labelledBy: `${id}-label`,
          ...(describedBy && { describedBy }),
          invalid: error !== undefined,
          optional: block.optional ?? false,
        }}
      />
      {error && (
        <p id={`${id}-error`} class="input-error" role="alert">
          {error}
        </p>
      )}
      {block.hint && (
        <p id={`${id}-hint`} class="input-hint">
          <Plain text={block.hint} names={names} />
        </p>
      )}
    </div>
  );
}

function Table({ block }: { block: Of<'table'> }) {
  const { names } = useSurface();
  const [head, ...rows] = block.rows;
  const look = (column: number) => {
    const { align = 'left', is_wrapped: wrapped = false } = block.column_settings?.[column] ?? {};
    return { class: wrapped ? 'wrapped' : '', style: { textAlign: align } };
  };
  const content = (cell: Of<'table'>['rows'][number][number]) =>
    cell.type === 'raw_text' ? cell.text : <RichTextOf block={cell} names={names} />;
  return (
    // Wide tables scroll by themselves, and so take the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div class="block-table" tabIndex={0} role="region" aria-label="Table">
      <table>
        <thead>
          <tr>
            {head?.map((cell, at) => (
              <th key={at} scope="col" {...look(at)}>
                {content(cell)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, row) => (
            <tr key={row}>
              {cells.map((cell, at) => (
                <td key={at} {...look(at)}>
                  {content(cell)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
