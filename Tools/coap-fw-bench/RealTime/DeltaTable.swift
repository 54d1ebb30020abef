/// A table of sizes.
struct DeltaTable {
    var header: [String]
    var rows: [[String]] = []
    /// Whether all images came out right, and all goals were reached.
    var isGood = true

    var markdown: String {
        let rule = header.indices.map { $0 == 0 ? "---" : "---:" }
        return ([header, rule] + rows).map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }
}
