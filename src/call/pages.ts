/** The windows of one page; `wanted`, from 1, is brought into range. */
export function pageOf<T>(
  items: readonly T[],
  perPage: number,
  wanted: number,
): { items: readonly T[]; page: number; pages: number } {
  const most = Math.max(1, perPage);
  const pages = Math.max(1, Math.ceil(items.length / most));
  const page = Math.min(Math.max(1, Math.round(wanted)), pages);
  return { items: items.slice((page - 1) * most, page * most), page, pages };
}
