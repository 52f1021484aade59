// The log: one JSON object per line on standard error, as hashicorp/go-hclog
// writes it. The hub reads the lines and gives them its own time and names.
const levels = ["trace", "debug", "info", "warn", "error"] as const;
type Level = (typeof levels)[number];
type Fields = Record<string, unknown>;

const least = Math.max(0, levels.indexOf((process.env["KVITT_LOG_LEVEL"] ?? "info") as Level));

/** Never log credentials, headers, bodies or personal data. */
export class Log {
  constructor(private readonly fields: Fields = {}) {}

  with(fields: Fields): Log {
    return new Log({ ...this.fields, ...fields });
  }

  debug(message: string, fields: Fields = {}): void {
    this.write("debug", message, fields);
  }
  info(message: string, fields: Fields = {}): void {
    this.write("info", message, fields);
  }
  warn(message: string, fields: Fields = {}): void {
    this.write("warn", message, fields);
  }
  error(message: string, fields: Fields = {}): void {
    this.write("error", message, fields);
  }

  private write(level: Level, message: string, fields: Fields): void {
    if (levels.indexOf(level) < least) return;
    const entry = { "@level": level, "@message": message, "@timestamp": new Date().toISOString(), ...this.fields, ...fields };
    process.stderr.write(JSON.stringify(entry) + "\n");
  }
}
