/** The report of a check run: what passed, what failed, and what this machine could not try, which is neither. */
import { Report, type Row, rowText } from "#local/check/report.ts";

test("a skipped check is seen, counted, and neither passes nor fails", () => {
  const rows: Row[] = [];
  const report = new Report((row) => rows.push(row));
  report.row(1, "good", "200", "200");
  expect(report.lastLine).toBe("1 passed, 0 failed");
  report.skipped(50, "private edge", "NGINX is not installed");
  report.row(2, "bad", /^403/, "200");
  expect(report.counts).toEqual({ passed: 1, failed: 1, skipped: 1 });
  expect(report.lastLine).toBe("1 passed, 1 failed, 1 skipped");
  expect(rowText(rows[1] as Row)).toMatch(/50 {2}private edge: skipped\. NGINX is not installed$/);
  expect(rows[1]).toMatchObject({ passed: false, skipped: true });
});
