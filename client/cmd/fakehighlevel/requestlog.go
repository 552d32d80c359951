package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// newRequestLog returns a function that writes a line for each request. If verbose is not set, the
// line has no personal data: no query, no body and no path.
func newRequestLog(log io.Writer, verbose bool) func(clienttest.Request) {
	var mu sync.Mutex
	return func(r clienttest.Request) {
		line := fmt.Sprintf("%s %s %s in %s", r.Time.Format(time.TimeOnly+".000"), outcome(r), subject(r, verbose), r.Took.Round(10*time.Microsecond))
		if r.RateLimitChecked {
			line += fmt.Sprintf(", %d requests left", r.Remaining)
		}
		line += ", trace " + r.TraceID
		if verbose && len(r.Body) > 0 {
			line += "\n  " + printable(string(r.Body))
		}
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(log, line)
	}
}

func outcome(r clienttest.Request) string {
	text := strconv.Itoa(r.Status)
	if r.Status == 0 {
		text = "reset"
	}
	if r.Fault {
		text += " (fault)"
	}
	return text
}

func subject(r clienttest.Request, verbose bool) string {
	path := (&url.URL{Path: r.Path, RawQuery: r.Query.Encode()}).RequestURI()
	switch {
	case verbose:
		return fmt.Sprintf("%s %s %s", r.Operation, knownMethod(r.Method), path)
	case r.Operation == "":
		return fmt.Sprintf("%s of an unknown route", knownMethod(r.Method))
	default:
		return r.Operation
	}
}

// printable returns a string, quoted if it has characters that are not printable.
func printable(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}

// knownMethod returns a standard method unchanged and a constant for every other method, so that a
// caller cannot write arbitrary text to the log.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead, http.MethodOptions:
		return method
	default:
		return "a request"
	}
}
