package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

// finding is the result of comparing one response with a row. The zero finding means that the
// response says nothing about the row.
type finding struct {
	confirmed    bool
	contradicted []string // JSON pointers with what was found there
}

func confirmed() finding { return finding{confirmed: true} }

func contradicted(format string, args ...any) finding {
	return finding{contradicted: []string{fmt.Sprintf(format, args...)}}
}

// findingIf returns a confirmed finding if the condition holds, and a contradicted one otherwise.
func findingIf(condition bool, format string, args ...any) finding {
	if condition {
		return confirmed()
	}
	return contradicted(format, args...)
}

// report collects the findings for each row.
type report struct {
	confirmed    map[string]bool
	contradicted map[string]map[string]bool
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
			fmt.Fprintf(out, "       %-12s %s\n", "", contradiction)
		}
	}
	return len(r.contradicted)
}
