package redact

import (
	"regexp"
	"strings"
)

// notInAddress lists the characters that end an email address. An apostrophe does not: it is
// common in names.
const notInAddress = " \"<>(),;[]`"

// addressLiteral matches the IP address in place of a domain, as in jane@[192.0.2.1].
var addressLiteral = regexp.MustCompile(`^\[(?:IPv6:)?[0-9A-Fa-f.:]+\]`)

// emails returns the parts of a normalized text that look like email addresses: everything between
// two delimiters that contains an @. Spaces around the @ are allowed if the word after it is a
// domain.
func emails(text string) []span {
	var spans []span
	done := 0 // the end of the previous address
	for {
		at := nextAt(text, done)
		if at.start < 0 {
			return spans
		}
		done = at.end
		if found, ok := addressAround(text, at, spans); ok {
			spans = append(spans, found)
			done = found.end
		}
	}
}

// addressAround returns the email address with the given @, and reports whether it is one. The
// address starts after the previous addresses.
func addressAround(text string, at span, before []span) (span, bool) {
	minStart := 0
	if len(before) > 0 {
		minStart = before[len(before)-1].end
	}
	local, domain := at.start, at.end
	if local > minStart && text[local-1] == ' ' {
		local--
	}
	if domain < len(text) && text[domain] == ' ' {
		domain++
	}
	found := span{localStart(text, minStart, local), domainEnd(text, domain)}
	spelledOut := at.end-at.start > 1 // jane [at] example
	if !spelledOut && !strings.Contains(text[min(domain, found.end):found.end], ".") {
		if local < at.start {
			return span{}, false
		}
		if domain > at.end {
			found.end = at.end
		}
	}
	if found.start == at.start && found.end == at.end {
		continues := len(before) > 0 && minStart == at.start
		return found, continues
	}
	if scheme := strings.LastIndex(text[found.start:at.start], "://"); scheme >= 0 {
		found.start += scheme + len("://")
	}
	return found, true
}

// localStart returns the start of the local part that ends at end. The result is at least minStart.
func localStart(text string, minStart, end int) int {
	start := end
	if start > minStart && text[start-1] == '"' { // "jane doe"@example.com
		if opening := strings.LastIndexByte(text[minStart:start-1], '"'); opening >= 0 {
			start = minStart + opening
		}
	}
	for start > minStart && strings.IndexByte(notInAddress, text[start-1]) < 0 {
		start--
	}
	if start == end { // jane(work)@example.com
		start = minStart + strings.LastIndexByte(text[minStart:end], ' ') + 1
	}
	return start
}

// domainEnd returns the end of the domain that starts at start, without final punctuation.
func domainEnd(text string, start int) int {
	end := start
	if literal := addressLiteral.FindString(window(text, end)); literal != "" {
		return end + len(literal)
	}
	for end < len(text) && strings.IndexByte(notInAddress, text[end]) < 0 {
		end++
	}
	for end > start && strings.IndexByte(".:!?'", text[end-1]) >= 0 {
		end--
	}
	return end
}

// nextAt returns the next @ of text, which can also be (at), [at] or {at}. If there is no other, its
// start is negative.
func nextAt(text string, from int) span {
	for i := from; i < len(text); i++ {
		switch text[i] {
		case '@':
			return span{i, i + 1}
		case '(', '[', '{':
			if i+4 <= len(text) && strings.EqualFold(text[i+1:i+3], "at") && strings.IndexByte(")]}", text[i+3]) >= 0 {
				return span{i, i + 4}
			}
		}
	}
	return span{-1, -1}
}
