/** What the method `env` answers for each instance: names, never values. */
export interface EnvOfService {
  readonly name: string;
  /** null: not running; the variables are then those of its next start. */
  readonly pid: number | null;
  readonly variables: readonly EnvVariable[];
}

export interface EnvVariable {
  readonly name: string;
  /** The path of a file, or `environment` (svc's own), `user` (its login), `svc`. */
  readonly from: string;
}
