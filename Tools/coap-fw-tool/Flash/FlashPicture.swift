import Bootloader
import FirmwarePackaging
import Flash

/// A flash as a picture: a grid of sectors for each area, the trailers of both slots, a legend.
struct FlashPicture {
    private let reading: FlashReading
    private var lines: [String] = []
    private var y = 58
    private static let width = 900
    private static let left = 30
    private static let columns = 24
    private static let cell = 35

    init(_ reading: FlashReading) {
        self.reading = reading
        let geometry = reading.map.geometry
        text(Self.left, 30, "\(reading.path)", size: 16, weight: "bold")
        text(
            Self.left,
            48,
            "\(geometry.totalBytes >> 10) KiB in \(geometry.sectorCount) sectors, written "
                + "\(geometry.writeAlignmentBytes) bytes at a time, "
                + "erased value 0x\(hex(UInt32(geometry.erasedValue), 2))",
            color: "#555555"
        )
        for name in FlashAreaName.allCases { area(name) }
        trailers()
        legend()
    }

    func text() -> String {
        ([
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Self.width) \(y + 10)\" "
                + "font-family=\"sans-serif\" font-size=\"12\">",
            "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
        ] + lines + ["</svg>"]).joined(separator: "\n") + "\n"
    }

    private mutating func area(_ name: FlashAreaName) {
        let area = reading.map.area(named: name)
        let sectors = reading.sectors(of: area)
        y += 24
        text(Self.left, y, name.rawValue, size: 14, weight: "bold")
        text(
            Self.left + 90,
            y,
            "0x\(hex(area.offset, 6)) – 0x\(hex(area.offset + area.sizeBytes - 1, 6)), \(sectors.count) sectors"
                + (contents(of: name).map { ": \($0)" } ?? ""),
            color: "#333333"
        )
        y += 8
        for (index, sector) in sectors.enumerated() {
            let x = Self.left + index % Self.columns * Self.cell
            if index > 0, index % Self.columns == 0 { y += Self.cell + 6 }
            draw(sector, x: x, color: Self.color(name))
        }
        y += Self.cell + 6
    }

    private mutating func draw(_ sector: FlashSector, x: Int, color: String) {
        let written = reading.written(sector)
        let side = Self.cell - 6
        let wear = Int(sector.index) < reading.wear.count ? reading.wear[Int(sector.index)] : 0
        let bytes = written.reduce(0) { $0 + Int($1.count) }
        lines.append(
            "<g><title>sector \(sector.index) at 0x\(hex(sector.address, 6)), \(sector.sizeBytes) bytes, "
                + "about \(bytes) written, erased \(wear) times</title>"
        )
        lines.append(
            "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(side)\" height=\"\(side)\" fill=\"#f2f2f2\" stroke=\"#bbbbbb\"/>"
        )
        for range in written {
            let top = Double(side) * Double(range.lowerBound) / Double(sector.sizeBytes)
            let height = Double(side) * Double(range.count) / Double(sector.sizeBytes)
            lines.append(
                "<rect x=\"\(x)\" y=\"\(tenths(Double(y) + top))\" width=\"\(side)\" height=\"\(tenths(height))\" "
                    + "fill=\"\(color)\"/>"
            )
        }
        text(x + side / 2, y + side + 9, "\(wear)", size: 8, color: "#777777", anchor: "middle")
        lines.append("</g>")
    }

    private func contents(of name: FlashAreaName) -> String? {
        switch name {
        case .trust:
            return nil
        case .journal:
            guard let journal = reading.journal else { return "no download" }
            let state = journal.isSealed ? "complete" : "\(journal.bytesMarked) of \(journal.identity.sizeBytes) bytes"
            return "\(ReleaseLayout.text(journal.identity.version)), \(state)"
        case .primary, .secondary:
            let summary = name == .primary ? reading.slots?.primary : reading.slots?.secondary
            guard let image = summary?.image else { return "no image" }
            return "header says \(ReleaseLayout.text(image.version))"
        }
    }

    private mutating func trailers() {
        guard let slots = reading.slots else { return }
        y += 24
        text(Self.left, y, "trailers", size: 14, weight: "bold")
        let heads = ["", "magic", "swap_info", "copy_done", "image_ok", "swap_size", "status records"]
        y += 20
        row(heads, color: "#555555")
        for (slot, trailer) in [(Slot.primary, slots.primary.trailer), (.secondary, slots.secondary.trailer)] {
            row([
                slot == .primary ? "primary" : "secondary", "\(trailer.magic)",
                trailer.swapType.map { "\($0)" } ?? trailer.swapInfo.map { "0x\(hex(UInt32($0), 2))" } ?? "unset",
                "\(trailer.copyDone)", "\(trailer.imageOK)", trailer.swapSizeBytes.map { "\($0)" } ?? "unset",
                "\(reading.statusRecords(of: slot)) of \(3 * reading.map.trailer.sectorCapacity)",
            ])
        }
        let next =
            switch slots.nextSwap {
            case .none: "runs the primary slot's image"
            case .test: "tries the secondary slot's image"
            case .permanent: "runs the secondary slot's image from then on"
            case .revert: "goes back to the secondary slot's image, unless this one is confirmed"
            }
        text(Self.left, y, "By the trailers, the next boot \(next).")
        y += 6
    }

    private mutating func row(_ cells: [String], color: String = "black") {
        for (index, cell) in cells.enumerated() { text(Self.left + index * 110, y, cell, color: color) }
        y += 18
    }

    private mutating func legend() {
        y += 20
        text(
            Self.left,
            y,
            "A cell is a sector, from top to bottom, coloured where it is written. Below it: how often it was erased.",
            color: "#555555"
        )
        y += 8
    }

    private static func color(_ name: FlashAreaName) -> String {
        switch name {
        case .trust: "#8c564b"
        case .journal: "#9467bd"
        case .primary: "#1f77b4"
        case .secondary: "#2ca02c"
        }
    }

    private mutating func text(
        _ x: Int,
        _ y: Int,
        _ text: String,
        size: Int = 12,
        weight: String = "normal",
        color: String = "black",
        anchor: String = "start"
    ) {
        lines.append(
            "<text x=\"\(x)\" y=\"\(y)\" font-size=\"\(size)\" font-weight=\"\(weight)\" fill=\"\(color)\" "
                + "text-anchor=\"\(anchor)\">\(Self.escaped(text))</text>"
        )
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case let character where character.isASCII && (character.asciiValue ?? 0) < 0x20: result += "?"
            default: result.append(character)
            }
        }
    }

    private func hex(_ value: UInt32, _ digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    private func tenths(_ value: Double) -> String {
        let scaled = Int((value * 10).rounded())
        return "\(scaled / 10).\(scaled % 10)"
    }
}
