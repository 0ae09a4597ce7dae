"""What people read: tables of medians."""

NAMES = {
    "deliveries_per_cpu_second": "deliveries / CPU-s",
    "accepted_per_cpu_second": "messages / CPU-s",
    "accepted_per_second": "messages / s",
    "deliveries_per_second": "deliveries / s",
    "deliveries_per_loop_second": "deliveries / busiest loop's CPU-s",
    "connects_per_cpu_second": "connects / CPU-s",
    "first_connects_per_cpu_second": "first connects / CPU-s",
    "connects_per_second": "connects / s",
    "delivery_milliseconds.p50": "p50 ms",
    "delivery_milliseconds.p99": "p99 ms",
    "delivery_milliseconds.max": "max ms",
    "connect_milliseconds.p99": "connect p99 ms",
    "same_node_milliseconds.p50": "same node p50 ms",
    "other_node_milliseconds.p50": "other node p50 ms",
    "server_bytes_per_connection": "server B / connection",
    "kernel_socket_bytes_per_connection": "kernel buffers B / connection",
    "kernel_slab_bytes_per_connection": "kernel slab B / connection",
    "frame_bytes": "frame B",
    "generator_cpu_share": "generator's core",
}


def figure(number: float) -> str:
    """Three digits that count."""
    if abs(number) >= 999_500:
        return f"{number / 1e6:.3g} M"
    if abs(number) >= 9_995:
        return f"{number / 1e3:.3g} k"
    return f"{number:.0f}" if abs(number) >= 100 else f"{number:.3g}"


def compared(medians: dict[str, dict], paths: list[str]) -> str:
    """One row a figure, one column a candidate; behind the first the ratio to it."""
    names = list(medians)
    base = "limit" if "limit" in medians else names[0]
    rows = [["", *names, *[f"{name} : {base}" for name in names if name != base]]]
    for path in paths:
        if not any(path in medians[name] for name in names):
            continue
        cells = [figure(medians[name][path]) if path in medians[name] else "–" for name in names]
        for name in names:
            if name == base:
                continue
            both = medians[name].get(path), medians[base].get(path)
            cells.append(f"{both[0] / both[1]:.2f}" if None not in both and both[1] else "–")
        rows.append([NAMES.get(path, path), *cells])
    return lined(rows)


def columns(title: str, found: dict[str, dict], paths: list[str]) -> str:
    """One row a figure, one column a step."""
    rows = [[title, *found]]
    for path in paths:
        rows.append([NAMES.get(path, path), *[figure(each[path]) if path in each else "–" for each in found.values()]])
    return lined(rows)


def processes(shares: dict[str, dict], name: str) -> str:
    """One row a process."""
    columns = {
        "share_of_cpu": "of the CPU time", "cpu_share": "of a core", "microseconds_per_accepted": "µs / message",
        "microseconds_per_delivery": "µs / delivery", "bytes_per_connection": "B / connection",
    }
    present = [key for key in columns if any(key in use for use in shares.values())]
    rows = [[f"processes of {name}", *[columns[key] for key in present]]]
    for process, use in shares.items():
        rows.append([process, *[told(key, use.get(key)) for key in present]])
    return lined(rows)


def told(key: str, number) -> str:
    if number is None:
        return "–"
    return f"{number:.1%}" if key in ("share_of_cpu", "cpu_share") else figure(number)


def lined(rows: list[list[str]]) -> str:
    """A Markdown table that can also be read as it is."""
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    lines = [
        "| " + " | ".join([row[0].ljust(widths[0]), *[cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]]) + " |"
        for row in rows
    ]
    rule = "|" + "|".join(["-" * (widths[0] + 2), *["-" * (width + 1) + ":" for width in widths[1:]]]) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])
