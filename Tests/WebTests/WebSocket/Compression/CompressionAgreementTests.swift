import Testing
import Web

@Suite struct CompressionAgreementTests {
    private static let both = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

    private func answer(_ line: String) throws -> String? {
        CompressionAgreement(answering: try #require(ExtensionOffer.list([line])))?.response
    }

    /// All sixteen sets of parameters, without values where these may be left out.
    @Test func takesEverySetOfParameters() throws {
        let names = [
            "server_no_context_takeover", "client_no_context_takeover", "client_max_window_bits",
            "server_max_window_bits=10",
        ]
        for set in 0..<16 {
            let chosen = names.indices.filter { set >> $0 & 1 == 1 }.map { names[$0] }
            for order in [chosen, chosen.reversed()] {
                let offer = (["permessage-deflate"] + order).joined(separator: "; ")
                #expect(
                    try answer(offer) == Self.both + (set >= 8 ? "; server_max_window_bits=10" : ""),
                    "\(offer)")
            }
        }
    }

    @Test(arguments: 0...20) func takesTheWindowsThatThereAre(bits: Int) throws {
        let server = try answer("permessage-deflate; server_max_window_bits=\(bits)")
        #expect(server == ((9...15).contains(bits) ? "\(Self.both); server_max_window_bits=\(bits)" : nil))
        let quoted = try answer("permessage-deflate; server_max_window_bits=\"\(bits)\"")
        #expect(quoted == server)
        let client = try answer("permessage-deflate; client_max_window_bits=\(bits)")
        #expect(client == ((8...15).contains(bits) ? Self.both : nil))
    }

    @Test(arguments: [
        "unknown", "unknown=1", "server_no_context_takeover=true", "server_no_context_takeover=1",
        "client_no_context_takeover=0", "server_max_window_bits", "server_max_window_bits=+9",
        "server_max_window_bits=09", "server_max_window_bits=-9", "server_max_window_bits=x",
        "server_max_window_bits=99999999999999999999", "client_max_window_bits=015",
        "client_max_window_bits=x",
        "server_no_context_takeover; server_no_context_takeover",
        "client_no_context_takeover; client_no_context_takeover",
        "server_max_window_bits=10; server_max_window_bits=10",
        "client_max_window_bits; client_max_window_bits=10", "Server_No_Context_Takeover",
    ]) func declines(parameters: String) throws {
        #expect(try answer("permessage-deflate; \(parameters)") == nil)
        // The next offer is looked at, as if this one had not been made.
        let fallback = "permessage-deflate; \(parameters), permessage-deflate; server_max_window_bits=12"
        #expect(try answer(fallback) == "\(Self.both); server_max_window_bits=12")
    }

    @Test func takesTheFirstThatCanBeKept() throws {
        #expect(try answer("") == nil)
        #expect(try answer("permessage-bzip2, x-webkit-deflate-frame") == nil)
        #expect(try answer("permessage-bzip2, permessage-deflate, permessage-deflate; x") == Self.both)
        #expect(
            try answer(
                "permessage-deflate; server_max_window_bits=8, permessage-deflate; server_max_window_bits=9")
                == "\(Self.both); server_max_window_bits=9")
    }
}
