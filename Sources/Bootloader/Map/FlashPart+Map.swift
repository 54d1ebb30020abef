import Flash

extension FlashPart {
    /// The part's geometry with the areas where this system puts them.
    ///
    /// - Throws: never for these parts, which a test shows.
    public func map() throws(FlashMapError) -> FlashMap {
        let geometry: FlashGeometry
        do throws(FlashGeometryError) {
            geometry = try self.geometry()
        } catch {
            throw .geometry(error)
        }
        guard self == .stm32f4 else { return try FlashMap(standardFor: geometry) }
        // The sectors of 128 KiB of each bank are a slot, the small ones of the second bank the journal. Of the first
        // bank's small ones two hold the trust record; the other two and the 64 KiB are the bootloader's own.
        return try FlashMap(
            geometry: geometry,
            trust: FlashArea(offset: 0, sizeBytes: 32 << 10),
            journal: FlashArea(offset: 1 << 20, sizeBytes: 64 << 10),
            primary: FlashArea(offset: 128 << 10, sizeBytes: 896 << 10),
            secondary: FlashArea(offset: (1 << 20) + (128 << 10), sizeBytes: 896 << 10)
        )
    }
}
