package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// text is a Go string on its way to JavaScript. A byte that is not part of valid UTF-8 travels as the lone surrogate U+DC80–U+DCFF,
// which is how core carries such bytes; encoding/json would replace it, and differences would go unseen.
type text string

func (t text) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(t)) {
		return json.Marshal(string(t))
	}
	var out strings.Builder
	out.WriteByte('"')
	for s := string(t); s != ""; {
		r, size := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&out, `\udc%02x`, s[0])
		} else {
			quoted, err := json.Marshal(s[:size])
			if err != nil {
				return nil, err
			}
			out.Write(quoted[1 : len(quoted)-1])
		}
		s = s[size:]
	}
	out.WriteByte('"')
	return []byte(out.String()), nil
}

func texts(list []string) []text {
	out := make([]text, len(list))
	for i, s := range list {
		out[i] = text(s)
	}
	return out
}

// errorText is the text of an error, empty for none.
func errorText(err error) text {
	if err == nil {
		return ""
	}
	return text(err.Error())
}
