extension RightsFile {
    /// Whether a line names the identity itself (and not only by a pattern).
    func names(_ identity: PSKIdentity) -> Bool {
        grants.contains { $0.subject == .identity(identity) }
    }

    /// The file with one line for each identity, in place of any that name it. One pass, however many there are.
    func setting(_ identities: [PSKIdentity], to products: ProductSet) -> RightsFile {
        let added = identities.map { identity in
            Line.grant(
                Grant(subject: .identity(identity), products: products),
                text: "\(identity): \(RightsFile.text(products))"
            )
        }
        return RightsFile(lines: removing(identities).lines + added)
    }

    /// The file without the lines that name one of the identities.
    func removing(_ identities: [PSKIdentity]) -> RightsFile {
        let subjects = Set(identities.map { Subject.identity($0) })
        return RightsFile(
            lines: lines.filter {
                if case .grant(let grant, _) = $0 { !subjects.contains(grant.subject) } else { true }
            }
        )
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
