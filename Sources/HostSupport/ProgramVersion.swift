/// The version of all programs of this package, as `--version` prints it.
package enum ProgramVersion {
    package static let text = "0.10.0"
}
