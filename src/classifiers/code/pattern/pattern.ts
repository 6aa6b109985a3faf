/** Patterns after compilation: what the matcher runs on. */

export type Pattern =
  /** `$X`; `$_` has no name and never has to be equal to another. */
  | { readonly type: 'metavariable'; readonly name: string | undefined; readonly field: string | undefined }
  /** `...`, and `$...ARGS` with a name: any number of neighbours. */
  | { readonly type: 'ellipsis'; readonly name: string | undefined; readonly field: string | undefined }
  /** `"..."`: any constant string. */
  | { readonly type: 'any-string'; readonly field: string | undefined }
  /** `"$X"`: any constant string, its content bound. */
  | { readonly type: 'bound-string'; readonly name: string; readonly field: string | undefined }
  | { readonly type: 'string'; readonly value: string; readonly field: string | undefined }
  /** `f"..."`, `` `...` ``: a string with code inside it. */
  | { readonly type: 'any-interpolated'; readonly kind: string; readonly field: string | undefined }
  /** `<... P ...>`: P anywhere inside. */
  | { readonly type: 'deep'; readonly inner: Pattern; readonly field: string | undefined }
  /** A name or a dotted name: `os.system`. */
  | { readonly type: 'path'; readonly parts: readonly string[]; readonly field: string | undefined }
  /** A property's name in a JavaScript object, with or without quotes. */
  | { readonly type: 'key'; readonly name: string; readonly field: string | undefined }
  | {
      readonly type: 'assignment';
      readonly target: Pattern;
      readonly value: Pattern;
      readonly field: string | undefined;
    }
  | {
      readonly type: 'leaf';
      readonly kind: string;
      readonly text: string;
      readonly field: string | undefined;
    }
  | {
      readonly type: 'node';
      readonly kind: string;
      readonly children: readonly Pattern[];
      /** Kinds of the direct children, to know which optional ones the pattern mentions. */
      readonly mentions: ReadonlySet<string>;
      readonly field: string | undefined;
    }
  /** Statements in a row. */
  | {
      readonly type: 'statements';
      readonly items: readonly StatementItem[];
      readonly field: undefined;
    };

/** One statement of a sequence: an ellipsis, or a pattern with where to look for it. */
export interface StatementItem {
  readonly pattern: Pattern;
  readonly anchors: readonly string[] | undefined;
  readonly metavariables: ReadonlySet<string>;
}

export interface CompiledPattern {
  readonly root: Pattern;
  /** Node kinds at which the pattern can match; undefined: anywhere. */
  readonly anchors: readonly string[] | undefined;
  /**
   * Words that the source must contain for the pattern to match. Import aliases and constants do not
   * break this: the module's and the member's name stand in the import, the constant in its definition.
   */
  readonly words: readonly string[];
  /** Names that a match binds. */
  readonly metavariables: ReadonlySet<string>;
}
