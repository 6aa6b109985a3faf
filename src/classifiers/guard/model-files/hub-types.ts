/** What the model hub tells of a repository. */

export interface HubFile {
  /** Path in the repository. */
  readonly name: string;
  /** Bytes; undefined when the list does not say. */
  readonly size: number | undefined;
  /** SHA-256 of the content, lower-case hex; undefined for files that the hub keeps without one. */
  readonly sha256: string | undefined;
}

export interface HubRepository {
  /** `USER/REPO` as it was asked for. */
  readonly name: string;
  /** Commit that the list is of, and `main` where the hub does not say. */
  readonly revision: string;
  /** The GGUF files whose names can be files here. */
  readonly files: readonly HubFile[];
  /** Number of all files. */
  readonly fileCount: number;
  /** Id of the licence, `llama3` for instance; undefined when the repository names none. */
  readonly licence: string | undefined;
  /** Address of the licence's text, if the repository names one. */
  readonly licenceLink: string | undefined;
  /** True when the terms have to be accepted on the hub's page first. */
  readonly gated: boolean;
  /** Address of the page for people. */
  readonly page: string;
}

/** A file's content from some byte on. */
export interface HubDownload {
  /** The first byte that comes; 0 when the server gives the whole file although less was asked for. */
  readonly from: number;
  /** Size of the whole file, if the server says it. */
  readonly size: number | undefined;
  /** SHA-256 that the hub names for the file as it is now, if it does. */
  readonly sha256: string | undefined;
  /** Strong entity tag of the server that sends the bytes, for If-Range. */
  readonly etag: string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
  /** Closes the connection without reading on. */
  discard(): void;
}
