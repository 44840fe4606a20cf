/**
 * Draws docs/dashboard.svg from the dashboard as it is synthesized: the same widgets in the same places, each with its
 * title and what it shows. No data: where the lines would be, there is nothing. --print writes it to standard output.
 */
import { readFileSync, writeFileSync } from "node:fs";

const stack = "production-api";
const [column, line, top] = [40, 34, 40];

function dashboardPicture() {
  const terraform = JSON.parse(readFileSync(`terraform/stacks/${stack}/cdk.tf.json`, "utf8"));
  const [dashboard] = Object.values(terraform.resource.aws_cloudwatch_dashboard);
  const body = dashboard.dashboard_body
    // References stand as ${jsonencode(address)}; Terraform's own escapes are $${ and %%{.
    .replace(/(?<!\$)\$\{jsonencode\((.*?)\)\}/g, (_, address) => JSON.stringify(address))
    .replace(/([$%])\1\{/g, "$1{");
  const { widgets } = JSON.parse(body);
  const height = top + line * Math.max(...widgets.map(({ y, height }) => y + height)) + 10;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${24 * column + 20} ${height}" font-family="sans-serif">`,
    `<rect width="100%" height="100%" fill="#f4f4f4"/>`,
    text(
      10,
      26,
      17,
      `CloudWatch dashboard ${dashboard.dashboard_name}, as deployed, without data`,
      "#16191f",
    ),
    ...widgets.map(drawn),
    "</svg>",
    "",
  ].join("\n");
}

function drawn({ type, x, y, width, height, properties }) {
  const [left, above] = [10 + x * column, top + y * line];
  const box = [
    `<rect x="${left + 3}" y="${above + 3}" width="${width * column - 6}" height="${height * line - 6}" rx="4" fill="#fff" stroke="#c5cbd3"/>`,
    text(left + 14, above + 24, 14, properties.title, "#16191f"),
  ];
  const labels = type === "alarm" ? alarmNames(properties.alarms) : properties.metrics.map(labelOf);
  const inside = {
    ...{ left: left + 14, above: above + 36, width: width * column - 28 },
    height: height * line - 46,
  };
  const each = type === "alarm" ? alarmGrid : properties.view === "singleValue" ? values : curves;
  return [...box, ...each(labels, inside)].join("\n");
}

const alarmsBeside = 4;

function alarmGrid(labels, { left, above, width }) {
  const each = width / alarmsBeside;
  return labels.map((label, index) => {
    const [x, y] = [left + (index % alarmsBeside) * each, above + Math.floor(index / alarmsBeside) * 25];
    return [
      `<rect x="${round(x)}" y="${y}" width="${round(each - 6)}" height="20" rx="3" fill="#e9f6ec" stroke="#8fc79b"/>`,
      text(round(x + 8), y + 14, 11, label, "#1d5a2a"),
    ].join("\n");
  });
}

function values(labels, { left, above, width, height }) {
  const each = width / labels.length;
  return labels.map((label, index) =>
    [
      text(round(left + index * each), above + 30, 24, "–", "#16191f"),
      ...wrapped(label, Math.floor(each / 7)).map((part, at) =>
        text(round(left + index * each), above + height - 26 + at * 14, 11, part, "#414d5c"),
      ),
    ].join("\n"),
  );
}

/** An empty chart, and below it one row a metric with the colour of its curve. */
function curves(labels, { left, above, width, height }) {
  const legend = labels.length * 18 + 8;
  const chart = height - legend;
  const grid = [0, 1, 2, 3, 4].map((part) => {
    const y = round(above + (chart * part) / 4);
    return `<line x1="${left}" y1="${y}" x2="${left + width}" y2="${y}" stroke="${part === 4 ? "#8d99a8" : "#e4e8ed"}"/>`;
  });
  const rows = labels.map((label, index) => {
    const y = above + chart + 10 + index * 18;
    return [
      `<rect x="${left}" y="${round(y)}" width="10" height="10" rx="2" fill="${colours[index % colours.length]}"/>`,
      text(left + 16, round(y + 9), 11, label, "#414d5c"),
    ].join("\n");
  });
  return [...grid, ...rows];
}

const colours = ["#1f77b4", "#ff7f0e", "#d62728", "#2ca02c", "#9467bd"];

function labelOf(metric) {
  const [first] = metric;
  if (typeof first === "object") return "one line a code of contract/problems.ts";
  const options = metric.at(-1);
  const label = typeof options === "object" ? (options.label ?? options.stat) : undefined;
  const code = metric.indexOf("code");
  return code > 0 ? `code ${metric[code + 1]}` : `${metric[1]}${label ? ` (${label})` : ""}`;
}

const alarmNames = (addresses) =>
  addresses.map((address) => /\.alarms_([a-z0-9-]+)_[0-9A-F]{8}\.arn$/.exec(address)?.[1] ?? address);

function wrapped(label, characters) {
  const parts = [""];
  for (const word of label.split(/(?<=-)|(?=[A-Z][a-z])/)) {
    if ((parts.at(-1) + word).length > Math.max(6, characters)) parts.push(word);
    else parts[parts.length - 1] += word;
  }
  return parts.filter((one) => one !== "");
}

const round = (value) => Math.round(value * 10) / 10;
const escaped = (value) => value.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
function text(x, y, size, content, fill) {
  return `<text x="${x}" y="${y}" font-size="${size}" fill="${fill}">${escaped(content)}</text>`;
}

const picture = dashboardPicture();
if (process.argv.includes("--print")) process.stdout.write(picture);
else writeFileSync("docs/dashboard.svg", picture);
