// Compares addresses with the paths of routes.

/** True where the path of a route, which may have parameters, stands for the address, written as the path is. */
export function standsFor(path: string, address: string): boolean {
  const parts = path.split('/');
  const found = address.split('/');
  const isSame = (part: string, index: number) =>
    part === found[index] || (part.startsWith(':') && found[index] !== '');
  return parts.length === found.length && parts.every(isSame);
}
