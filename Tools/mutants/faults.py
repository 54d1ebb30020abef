"""Faults as text: where, what becomes of it, and which tests must notice.

A file of faults holds any number of these; lines that start with # are comments:

    == the name of the fault
    in Sources/Module/File.swift
    by Target.Suite/test
    - original text, which must occur exactly once
    + replacement, in which $ON stands for "this fault is on"

Several lines of original or replacement follow each other; the blanks after the sign's own one count. Several `by` are
several tests, several pairs of - and + are several edits, each in the file that the last `in` named.
"""

import pathlib
import re
import zlib


class Mistake(Exception):
    pass


class Fault:
    def __init__(self, name):
        self.name = name
        self.tests = []
        self.edits = []  # (file, original lines, replacement lines)

    @property
    def number(self):
        """Depends on the name only, so that a new fault changes no other file of the copy."""
        return zlib.crc32(self.name.encode())

    @property
    def module(self):
        return pathlib.PurePath(self.edits[0][0]).parts[1]


def read(folder):
    faults = [fault for path in sorted(folder.glob("*.txt")) for fault in read_file(path)]
    names = {fault.name for fault in faults}
    if len(names) != len(faults):
        raise Mistake("two faults have the same name")
    for fault in faults:
        if not fault.tests or not fault.edits:
            raise Mistake(f"'{fault.name}': no test or no edit")
    return faults


def read_file(path):
    faults, file, last = [], None, None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        sign, text = line[:2].strip(), line[2:]
        if line.startswith("#") or not line.strip():
            continue
        if sign == "==":
            faults.append(Fault(line[2:].strip()))
        elif line.startswith("in "):
            file = line[3:].strip()
        elif line.startswith("by "):
            faults[-1].tests.append(line[3:].strip())
        elif sign == "-" and last == "-":
            faults[-1].edits[-1][1].append(text)
        elif sign == "-":
            faults[-1].edits.append((file, [text], []))
        elif sign == "+":
            faults[-1].edits[-1][2].append(text)
        else:
            raise Mistake(f"{path.name}:{number}: {line}")
        last = sign
    return faults


def rewrite(faults, files):
    """Puts all faults into the texts of the package's files, each behind its condition."""
    originals = dict(files)
    for fault in faults:
        condition = f"(activeFault == {fault.number})"
        for path, original, replacement in fault.edits:
            original, replacement = "\n".join(original), "\n".join(replacement)
            if path not in originals:
                raise Mistake(f"'{fault.name}': there is no {path}")
            if "$ON" not in replacement:
                raise Mistake(f"'{fault.name}': nothing turns it on: no $ON in its replacement")
            # Of several faults in one place each finds what the ones before it made of it.
            if originals[path].count(original) != 1 or files[path].count(original) != 1:
                count = originals[path].count(original)
                raise Mistake(f"'{fault.name}': found {count} times, not once, in {path}:\n{original}")
            files[path] = files[path].replace(original, replacement.replace("$ON", condition))
    for path in {path for fault in faults for path, _, _ in fault.edits}:
        files[path] = "import ActiveFault\n" + files[path]
    files["Sources/ActiveFault/ActiveFault.swift"] = SWITCH
    package = re.sub(r"\.treatAllWarnings\(as: \.error\)", "", files["Package.swift"])
    files["Package.swift"] = package + PACKAGE


SWITCH = """\
import Glibc

/// The number of the fault that is on; 0: none. Programs that a test starts inherit it.
public let activeFault: UInt32 = getenv("COAP_FW_FAULT").flatMap { UInt32(String(cString: $0)) } ?? 0
"""

PACKAGE = """
package.targets.append(.target(name: "ActiveFault"))
for target in package.targets where target.name != "ActiveFault" && target.type != .system {
    if target.name != "CUDPSockets" { target.dependencies.append("ActiveFault") }
}
"""
