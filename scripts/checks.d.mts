export const CHECKS: readonly {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly inTests: boolean;
}[];
