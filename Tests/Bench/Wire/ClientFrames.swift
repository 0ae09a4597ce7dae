/// The frames of Parley that a client of the bench sends.
enum ClientFrames {
    /// `send_message`, with the number as id of the frame and in the client's own key.
    static func send(_ payload: [UInt8], room: String, number: Int, sender: Int, hasKey: Bool) -> [UInt8] {
        var bytes = Array(
            #"{"type":"send_message","id":\#(number),"data":{"room":"\#(room)","content":""#.utf8)
        bytes += payload
        bytes += hasKey ? Array(#"","client_msg_id":"\#(sender)-\#(number)"}}"#.utf8) : Array(#""}}"#.utf8)
        return bytes
    }
}
