import Bootloader
import Flash

/// Why an update cannot begin.
enum SurveyError: Error, Equatable {
    case trust(TrustError)
    case flash(FlashError)
    /// The slots are for the bootloader only.
    case swapUnderWay

    var outcome: UpdateOutcome {
        switch self {
        case .trust(.flash(let error)), .flash(let error): .interrupted(.flash(error))
        case .trust(let error): .misconfigured(.trust(error))
        case .swapUnderWay: .interrupted(.swapUnderWay)
        }
    }
}
