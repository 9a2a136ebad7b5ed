module gomodkit.example/tools/unicode-tables

go 1.21
