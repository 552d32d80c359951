package console

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// which says in words what requests a fault meets.
func which(f clienttest.Fault) string {
	var words []string
	if f.After > 0 {
		words = append(words, fmt.Sprintf("after %d", f.After))
	}
	if f.Rate > 0 {
		words = append(words, fmt.Sprintf("a share of %v, by seed %d", f.Rate, f.Seed))
	}
	if f.Count > 0 {
		words = append(words, fmt.Sprintf("%d in all", f.Count))
	}
	return cmp.Or(strings.Join(words, ", "), "all")
}

// what says in words what a fault does to them.
func what(f clienttest.Fault) string {
	var words []string
	say := func(is bool, word string) {
		if is {
			words = append(words, word)
		}
	}
	say(f.Delay > 0, "wait "+f.Delay.String())
	say(f.Status > 0, fmt.Sprintf("status %d", f.Status))
	say(f.Body != "", fmt.Sprintf("a body of %d bytes", len(f.Body)))
	say(f.Applied, "the operation is carried out")
	say(len(f.Header) > 0, "headers set")
	say(len(f.Set) > 0, "values changed")
	say(len(f.Remove) > 0, "members removed")
	say(f.BodyDelay > 0, "wait "+f.BodyDelay.String()+" in the body")
	say(f.Cut != "", "cut: "+string(f.Cut))
	return cmp.Or(strings.Join(words, ", "), "nothing")
}
