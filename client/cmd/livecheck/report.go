package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

// finding is what one response says about a row.
type finding struct {
	confirmed    bool
	contradicted []string // places and types
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
		for _, place := range found.contradicted {
			if r.contradicted[row.id] == nil {
				r.contradicted[row.id] = map[string]bool{}
			}
			r.contradicted[row.id][o.step+": "+place] = true
		}
	}
}

// print writes one line for each row and the places that contradict it, and returns how many rows
// are contradicted.
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
		for _, place := range slices.Sorted(maps.Keys(r.contradicted[row.id])) {
			fmt.Fprintf(out, "       %-12s %s\n", "", place)
		}
	}
	return len(r.contradicted)
}
