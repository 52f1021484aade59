package sie

import "fmt"

// warnings gathers remarks. A remark that comes again is only counted, so that a
// program's habit does not fill the list.
type warnings struct {
	order []string
	seen  map[string]*remark
}

type remark struct {
	line, times int
}

// add notes a remark about a line; line 0 stands for the file as a whole.
func (w *warnings) add(line int, text string) {
	if known, ok := w.seen[text]; ok {
		known.times++
		return
	}
	if w.seen == nil {
		w.seen = map[string]*remark{}
	}
	w.seen[text] = &remark{line: line, times: 1}
	w.order = append(w.order, text)
}

// list gives the remarks in the order in which they first came.
func (w *warnings) list() []string {
	out := make([]string, 0, len(w.order))
	for _, text := range w.order {
		first := w.seen[text]
		if first.line > 0 {
			text = fmt.Sprintf("line %d: %s", first.line, text)
		}
		if first.times > 1 {
			text = fmt.Sprintf("%s (%d times)", text, first.times)
		}
		out = append(out, text)
	}
	return out
}
