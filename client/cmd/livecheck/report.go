package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

// finding is the result of comparing one response with a row. The zero finding means that the
// response neither confirms nor contradicts the row.
type finding struct {
	confirmed    bool
	contradicted []string // JSON pointers with what was found there
}

func confirmed() finding { return finding{confirmed: true} }

func contradicted(format string, args ...any) finding {
	return finding{contradicted: []string{fmt.Sprintf(format, args...)}}
}

// expect returns a confirming finding if the condition is true. Otherwise it returns a
// contradicting finding with the formatted message.
func expect(condition bool, format string, args ...any) finding {
	if condition {
		return confirmed()
	}
	return contradicted(format, args...)
}

// report collects the findings for each row, by the ID of the row.
type report struct {
	confirmed    map[string]bool
	contradicted map[string]map[string]bool // by message, without duplicates
}

func newReport() *report {
	return &report{confirmed: map[string]bool{}, contradicted: map[string]map[string]bool{}}
}

// observe compares a response with every row.
func (r *report) observe(o *observation) {
	for _, row := range rows {
		found := row.compare(o)
		if found.confirmed {
			r.confirmed[row.id] = true
		}
		for _, contradiction := range found.contradicted {
			if r.contradicted[row.id] == nil {
				r.contradicted[row.id] = map[string]bool{}
			}
			r.contradicted[row.id][o.step+": "+contradiction] = true
		}
	}
}

// print writes one line for each row, followed by the values that contradict it. It returns the
// number of contradicted rows.
func (r *report) print(out io.Writer) int {
	for _, row := range rows {
		result := "not seen"
		switch {
		case len(r.contradicted[row.id]) > 0:
			result = "contradicted"
		case r.confirmed[row.id]:
			result = "confirmed"
		}
		fmt.Fprintf(out, "%-6s %-12s %s\n", row.id, result, row.claim)
		for _, contradiction := range slices.Sorted(maps.Keys(r.contradicted[row.id])) {
			fmt.Fprintf(out, "%20s%s\n", "", contradiction)
		}
	}
	return len(r.contradicted)
}
