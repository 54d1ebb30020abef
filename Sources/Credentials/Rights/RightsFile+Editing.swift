extension RightsFile {
    /// Whether a line names the identity itself (and not only by a pattern).
    func names(_ identity: PSKIdentity) -> Bool {
        grants.contains { $0.subject == .identity(identity) }
    }

    /// The file with one line for each subject, in place of any that name it. One pass, however many there are.
    func setting(_ subjects: [Subject], to products: ProductSet) -> RightsFile {
        let added = subjects.map { subject in
            Line.grant(Grant(subject: subject, products: products), text: "\(subject): \(RightsFile.text(products))")
        }
        return RightsFile(lines: removing(subjects).lines + added)
    }

    /// The file without the lines that name one of the subjects.
    func removing(_ subjects: [Subject]) -> RightsFile {
        let subjects = Set(subjects)
        return RightsFile(
            lines: lines.filter {
                if case .grant(let grant, _) = $0 { !subjects.contains(grant.subject) } else { true }
            }
        )
    }

    /// What the lines that name a subject itself give; `nil`: there is no such line.
    func products(of subject: Subject) -> ProductSet? {
        grants.filter { $0.subject == subject }.map(\.products).reduce(nil) { $0?.union($1) ?? $1 }
    }

    /// The text of the file.
    func serialized() -> [UInt8] {
        var text: [UInt8] = []
        for line in lines {
            text += Array(line.text.utf8)
            text.append(UInt8(ascii: "\n"))
        }
        return text
    }

    /// Products as they stand after the colon: `7, 8`, or `*`.
    package static func text(_ products: ProductSet) -> String {
        switch products {
        case .all: "*"
        case .only(let ids): ids.sorted().map { "\($0)" }.joined(separator: ", ")
        }
    }
}
