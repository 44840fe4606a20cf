/** Processor time of this process since it began, milliseconds: what else runs on the machine is hardly in it. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
