import Testing
import Web

/// Whether somebody has a version already.
@Suite struct EntityTagTests {
    private let tag = EntityTag("abc-1_2")

    @Test func standsInQuotationMarks() {
        #expect(tag.text == #""abc-1_2""#)
    }

    @Test(arguments: [
        #""abc-1_2""#, #"W/"abc-1_2""#, #""x", "abc-1_2""#, #"W/"x,y" , W/"abc-1_2","#, "*",
    ])
    func isKnownByAnyElementOfTheList(_ value: String) {
        #expect(tag.isKnown(to: ["If-None-Match": value]))
    }

    @Test(arguments: [
        "", "abc-1_2", #""abc-1_2"#, #""ABC-1_2""#, #"w/"abc-1_2""#, #""x, "abc-1_2""#, #""*""#, #"*, "x""#,
        #""abc-1_2x""#, #""x\", "abc-1_2""#,
    ])
    func isNotKnownByAnotherNorByWhatIsNoListOfTags(_ value: String) {
        #expect(!tag.isKnown(to: ["If-None-Match": value]))
    }

    @Test func isKnownByAListOverSeveralLines() {
        var headers: Headers = ["If-None-Match": #""x""#]
        headers.add("If-None-Match", tag.text)
        #expect(tag.isKnown(to: headers))
        #expect(!tag.isKnown(to: ["If-Match": tag.text]))
    }
}
