/// A deliberate fault in device code, to see whether the runs would notice it.
///
/// Device code itself has no switches. `coap-fw-bench mutants` copies the sources, with every fault in its place behind
/// a condition; that copy is built once, and `mutant-check` turns on one fault after the other. A fault whose text is
/// not found in the sources any more stops it.
public struct Mutant: Sendable {
    /// Replaces a text that occurs once in a file. `$ON` in the replacement stands for "this fault is on".
    public struct Edit: Sendable {
        /// The text that is replaced.
        public let original: String
        /// What stands in its place while the fault is on.
        public let replacement: String

        init(_ original: String, _ replacement: String) {
            self.original = original
            self.replacement = replacement
        }
    }

    /// What the fault is.
    public let name: String
    /// Below `Sources`.
    public let file: String
    /// The changes that make it.
    public let edits: [Edit]
    /// Where it takes many cuts to notice it: tried with more of them, before all else; nil: nothing special.
    public let place: PowerScenario?
    /// A test of `BootloaderTests` that must fail by itself; nil: it is for the power cuts to notice.
    public let test: String?

    init(_ name: String, _ file: String, _ edits: Edit..., in place: PowerScenario? = nil, test: String? = nil) {
        self.name = name
        self.file = file
        self.edits = edits
        self.place = place
        self.test = test
    }

    /// All of them; a fault's number is its place here, from 1.
    public static let all = boot + trailer + journal + update + primitives + reads
}
