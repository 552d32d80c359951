package main

import (
	"maps"
	"slices"
	"strings"
)

// change is a fact that is not known, or a known fact that is no longer true.
type change struct {
	difference
	row string // the row of a fact that is no longer true; empty for a new fact
}

// drift returns one line for each place in which the vendor's document changed: a property, a
// parameter, a response or an operation. A line states all new facts about its place, and all known
// facts that are no longer true.
func drift(found []difference, facts map[string]knownFact) []string {
	var changes []change
	present := map[string]bool{}
	for _, d := range found {
		present[d.String()] = true
		if _, isKnown := facts[d.String()]; !isKnown {
			changes = append(changes, change{difference: d})
		}
	}
	for _, fact := range slices.Sorted(maps.Keys(facts)) {
		if where, what, _ := strings.Cut(fact, ": "); !present[fact] && !facts[fact].optional {
			changes = append(changes, change{difference{where: where, what: what}, facts[fact].row})
		}
	}

	// Ignore changes inside a part that appeared or disappeared.
	var whole []string
	for _, c := range changes {
		if c.isExistence() {
			whole = append(whole, c.where)
		}
	}
	changes = slices.DeleteFunc(changes, func(c change) bool {
		return slices.ContainsFunc(whole, func(part string) bool {
			return inside(c.where, part) || c.where == part && !c.isExistence()
		})
	})

	places := map[string][]string{}
	for _, c := range changes {
		text := strings.TrimSpace(c.what + " " + c.how)
		if c.row != "" {
			text = "no longer " + text + " (" + c.row + ")"
		}
		places[c.where] = append(places[c.where], text)
	}
	lines := make([]string, 0, len(places))
	for _, where := range slices.Sorted(maps.Keys(places)) {
		lines = append(lines, where+": "+strings.Join(places[where], "; "))
	}
	return lines
}

// isExistence reports whether only one of the documents has the part.
func (c change) isExistence() bool {
	what, _, _ := strings.Cut(c.what, " ")
	switch what {
	case "operation", "property", "parameter", "response", "header":
		return true
	}
	return false
}

// inside reports whether the place where is a part of the place whole.
func inside(where, whole string) bool {
	rest, found := strings.CutPrefix(where, whole)
	return found && rest != "" && (rest[0] == '.' || rest[0] == ' ')
}

// ofUsedSchemas returns the facts except those about schemas that no operation uses. For such a
// schema, the change of the operation or property that referred to it is reported instead.
func ofUsedSchemas(facts map[string]knownFact, names map[string][]string, used map[string]bool) map[string]knownFact {
	remaining := maps.Clone(facts)
	maps.DeleteFunc(remaining, func(fact string, _ knownFact) bool {
		schema := fact[:strings.IndexAny(fact, ".: ")]
		_, isSchema := names[schema]
		return isSchema && !used[schema]
	})
	return remaining
}
