import HostSupport

/// What a device that runs by itself says: a line, or a JSON object on a line, for each event.
struct DaemonLog {
    let isJSON: Bool

    /// - Parameters:
    ///   - event: its name in JSON.
    ///   - text: for a person.
    ///   - fields: what JSON says beside the name.
    func say(_ event: String, _ text: String, _ fields: (inout JSONObject) -> Void = { _ in }) {
        guard isJSON else {
            Console.say(text)
            return
        }
        var object = JSONObject()
        object.set("event", event)
        fields(&object)
        Console.say(object.text)
    }

    /// The same for what went wrong: a person reads it on standard error.
    func report(_ event: String, _ failure: Failure, _ fields: (inout JSONObject) -> Void = { _ in }) {
        guard isJSON else {
            Console.report(failure.message)
            return
        }
        say(event, failure.message) { object in
            fields(&object)
            object.set("error", failure.message)
        }
    }
}
