import Glibc

/// Standard input, output and error of a program of this package.
package enum StandardStreams {
    /// To be called before any file is opened.
    ///
    /// Descriptors 0…2 that the program was started without are taken: the next file that is opened would get the
    /// number, and what is printed would be written into it. A pipe that nobody reads any more and a limit of the file
    /// size are errors of the write then, which are told, instead of the end of the process in the middle of its work.
    package static func prepare() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
            // The lowest free number is this one. Read only, so that writing to it fails as it did before.
            _ = open("/dev/null", O_RDONLY)
        }
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    /// Writes all of a text, unbuffered: both streams may go to one place, and stay in order there.
    ///
    /// - Returns: why it could not be written, in words; nil: it was.
    package static func write(_ text: String, to descriptor: Int32) -> String? {
        write(Array(text.utf8), to: descriptor)
    }

    /// The same for bytes.
    package static func write(_ bytes: [UInt8], to descriptor: Int32) -> String? {
        var bytes = bytes[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return FileFailure.reason(count < 0 ? errno : EIO).lowercased() }
            bytes = bytes.dropFirst(count)
        }
        return nil
    }
}
