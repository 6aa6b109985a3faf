/**
 * Works on several items at once and yields the results in the items' order, each as soon as it and
 * all before it are there, even while the source has nothing more yet. At most `limit` items are held.
 *
 * @param work must not reject for anything that is wrong with an item: a rejection ends the whole
 */
export async function* mapInOrder<T, R>(
  source: AsyncIterable<T>,
  limit: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const iterator = source[Symbol.asyncIterator]();
  const running: Promise<R>[] = [];
  const ask = (): Promise<IteratorResult<T>> => {
    const asked = iterator.next();
    // Whoever awaits it sees the error; until then it is nobody's fault.
    asked.catch(() => undefined);
    return asked;
  };
  let next: Promise<IteratorResult<T>> | undefined = ask();
  try {
    while (next !== undefined || running.length > 0) {
      const [head] = running;
      if (next === undefined || running.length >= limit) {
        if (head !== undefined) yield await head;
        void running.shift();
        continue;
      }
      const arrived: IteratorResult<T> | undefined =
        head === undefined ? await next : await Promise.race([next, head.then(() => undefined)]);
      if (arrived === undefined) {
        if (head !== undefined) yield await head;
        void running.shift();
      } else if (arrived.done === true) next = undefined;
      else {
        const result = work(arrived.value);
        result.catch(() => undefined);
        running.push(result);
        next = ask();
      }
    }
  } finally {
    await iterator.return?.();
  }
}
