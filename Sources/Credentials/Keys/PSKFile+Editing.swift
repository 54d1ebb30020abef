extension PSKFile {
    func adding(_ added: [CredentialEditor.NewIdentity]) -> PSKFile {
        PSKFile(lines: lines + added.map { .entry($0.identity, $0.key) })
    }

    func removing(_ identity: PSKIdentity) -> PSKFile {
        PSKFile(
            lines: lines.filter {
                if case .entry(identity, _) = $0 { false } else { true }
            }
        )
    }

    func replacing(_ identity: PSKIdentity, _ key: PreSharedKey) -> PSKFile {
        PSKFile(
            lines: lines.map {
                if case .entry(identity, _) = $0 { .entry(identity, key) } else { $0 }
            }
        )
    }
}
