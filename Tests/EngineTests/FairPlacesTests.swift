import Testing

@testable import Engine

struct FairPlacesTests {
    @Test func whoFindsNoPlaceWaitsForOne() {
        var began: [String] = []
        let places = FairPlaces<String>(2)
        for name in ["a1", "b1", "a2"] { places.enter(for: String(name.prefix(1))) { began.append(name) } }
        #expect(began == ["a1", "b1"])
        places.leave()
        #expect(began == ["a1", "b1", "a2"])
        places.leave()
        places.leave()
        places.enter(for: "c") { began.append("c1") }
        places.enter(for: "c") { began.append("c2") }
        #expect(began == ["a1", "b1", "a2", "c1", "c2"])
    }

    @Test func oneWhoWantsManyKeepsNobodyWaiting() {
        var began: [String] = []
        let places = FairPlaces<String>(1)
        for name in ["a1", "a2", "a3", "a4", "b1", "c1", "b2"] {
            places.enter(for: String(name.prefix(1))) { began.append(name) }
        }
        for _ in 0..<7 { places.leave() }
        #expect(began == ["a1", "a2", "b1", "c1", "a3", "b2", "a4"])
    }

    @Test func anyNumberMayLeaveAsSoonAsTheyAreCalled() {
        var began = 0
        let places = FairPlaces<Int>(1)
        places.enter(for: 0) {}
        for number in 1...10_000 {
            places.enter(for: number % 3) {
                began += 1
                places.leave()
            }
        }
        places.leave()
        #expect(began == 10_000)
    }
}
