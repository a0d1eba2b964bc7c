//! The cultures that names are drawn from.
//!
//! This file is long because it is one table: a culture an entry, with its share of the field, its places and its names.

/// Where names of a kind come from. Lists are words parted by spaces; `_` stands for a space within a word.
pub(super) struct Culture {
    /// Its share of the field, among the shares of all.
    pub(super) share: u32,
    pub(super) country: &'static str,
    pub(super) cities: &'static str,
    pub(super) women: &'static str,
    pub(super) men: &'static str,
    /// `man's/woman's` where the two differ.
    pub(super) families: &'static str,
    pub(super) order: Order,
    pub(super) doubled_permille: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    GivenFirst,
    /// Written as one word, which no program can cut: it stands as the family name.
    FamilyFirst,
    FamilyFirstSpaced,
}

pub(super) const CULTURES: &[Culture] = &[
    latin(
        150,
        "GBR",
        [
            "Bristol Leeds Glasgow Cardiff Norwich Sheffield Bath York Stoke-on-Trent Newcastle_upon_Tyne",
            "Olivia Amelia Isla Poppy Charlotte Emily Sophie Grace Alice Harriet Eleanor Hannah Lucy Zara Beth Imogen",
            "Oliver George Harry Jack Thomas William Callum Ewan Rhys Dylan Samuel Edward Joseph Alfie Owen Kieran",
            "Smith Jones Taylor Brown Williams Wilson Davies Evans Thomas Walker Hughes Clarke Whitlock Ashworth Fairbrother Campbell MacDonald Pryce Featherstone Cholmondeley",
        ],
    ),
    latin(
        120,
        "USA",
        [
            "Portland Boulder Austin Saco Flagstaff Des_Moines St._Louis Salt_Lake_City Minneapolis Truth_or_Consequences",
            "Emma Ava Mia Madison Abigail Chloe Brooklyn Savannah Jasmine Naomi Kayla Dana Megan Rachel Tiffany",
            "Liam Noah Ethan Mason Logan Jayden Tyler Brandon Marcus Darnell Isaiah Caleb Wyatt Hunter Jamal",
            "Johnson Miller Anderson Jackson Thompson White Harris Robinson Lewis Young Washington Jefferson Begay Kowalczyk Featherston-Haugh Lee King Scott",
        ],
    ),
    latin(
        45,
        "IRL",
        [
            "Cork Galway Sligo Dún_Laoghaire Kilkenny Ennis",
            "Aoife Saoirse Niamh Ciara Róisín Sinéad Caoimhe Gráinne Orla Siobhán",
            "Conor Oisín Cian Seán Pádraig Tadhg Eoin Diarmuid Fionn Ruairí",
            "O’Brien Murphy Kelly O’Sullivan Walsh Byrne Ó_Ceallaigh Ní_Dhomhnaill MacGiolla_Phádraig Doyle Gallagher Kavanagh",
        ],
    ),
    latin(
        95,
        "DEU",
        [
            "Hamburg Köln München Lübeck Saarbrücken Görlitz Tübingen Garmisch-Partenkirchen",
            "Anna Lena Marie Jana Katharina Sabine Jutta Käthe Annegret Frauke Mareike Ann-Kathrin Svenja Ulrike",
            "Lukas Jan Jürgen Stefan Matthias Jörg Björn Karl-Heinz Sören Torsten Uwe Wolfgang Götz Hans-Peter",
            "Müller Schmidt Schneider Weiß Schäfer Köhler Krüger Jäger Großmann Schröder Kühn von_der_Heide Löwenstein Hochstetter-Wiesengrund Süß Vogt",
        ],
    ),
    latin(
        70,
        "FRA",
        [
            "Lyon Nîmes Angoulême Saint-Étienne Besançon Orléans Aix-en-Provence",
            "Chloé Inès Léa Zoé Éloïse Anaïs Françoise Maëlle Noémie Héloïse Aurélie Marie-Thérèse",
            "Jérôme François Théo Rémi Loïc Gaël Benoît Cédric Jean-Baptiste Étienne Aurélien Mathéo",
            "Lefèvre Dupont Bélanger Garçon D’Aubigné Lécuyer Géraud Crépin Desprès Le_Goff Vasseur Château Brun Noël",
        ],
    ),
    latin(
        70,
        "ESP",
        [
            "Sevilla A_Coruña León Logroño Cádiz Donostia Málaga",
            "Lucía María_José Begoña Inés Nuria Montserrat Ángela Rocío Itziar Sofía Concepción",
            "Álvaro Íñigo Jesús José_María Sergio Andrés Óscar Joaquín Martín Rubén Adrián",
            "García Núñez Muñoz Fernández Ibáñez Rodríguez Sánchez Peña Gutiérrez Ordóñez Castañeda de_la_Fuente Zúñiga Vázquez",
        ],
    ),
    latin(
        40,
        "MEX",
        [
            "Ciudad_de_México Mérida Querétaro San_Luis_Potosí Cancún",
            "Guadalupe Ximena Fernanda Paloma Itzel Citlali María_del_Carmen",
            "Jesús_Ángel Emiliano Cuauhtémoc Raúl Iván Héctor Hernán",
            "Hernández López Martínez Juárez Domínguez Ramírez Peña_Ortega Xicoténcatl Ávila",
        ],
    ),
    latin(
        45,
        "BRA",
        [
            "São_Paulo Goiânia Florianópolis Belém Brasília Maceió",
            "Conceição Júlia Letícia Vitória Beatriz Antônia Mônica Luíza",
            "João Antônio Vinícius Fábio Luís Otávio Caíque Sebastião",
            "da_Silva dos_Santos Conceição Araújo Gonçalves Magalhães Guimarães Falcão Assunção Brandão",
        ],
    ),
    latin(
        55,
        "ITA",
        [
            "Torino Forlì L’Aquila Bologna Cefalù Bergamo",
            "Giulia Chiara Martina Nicoletta Benedetta Francesca Ludovica Serena",
            "Niccolò Matteo Lorenzo Giosuè Andrea Alessandro Fabrizio Cosimo",
            "Rossi Bianchi D’Angelo Dell’Acqua Nicolò Scalfarò De_Luca Esposito Mastroianni Quattrocchi",
        ],
    ),
    latin(
        50,
        "NLD",
        [
            "Utrecht Den_Haag ’s-Hertogenbosch Groningen Leeuwarden",
            "Sanne Fenna Lotte Anouk Maaike Noor Geertje Ilse",
            "Daan Sem Bram Thijs Joost IJsbrand Ruben Sjoerd",
            "de_Vries van_den_Berg Janssen Bakker ’t_Hart IJzerman van_’t_Hoff Hoekstra Schouten",
        ],
    ),
    latin(
        40,
        "POL",
        [
            "Łódź Kraków Gdańsk Wrocław Poznań Częstochowa",
            "Agnieszka Małgorzata Zofia Łucja Bożena Katarzyna Grażyna Żaneta",
            "Łukasz Michał Paweł Grzegorz Wojciech Błażej Krzysztof Józef",
            "Kowalski/Kowalska Wiśniewski/Wiśniewska Wójcik Dąbrowski/Dąbrowska Zieliński/Zielińska Szymański/Szymańska Brzęczyszczykiewicz Ździebło Łoś",
        ],
    ),
    latin(
        30,
        "CZE",
        [
            "Brno Plzeň Ústí_nad_Labem Třebíč Děčín",
            "Kateřina Zdeňka Šárka Božena Ludmila Tereza",
            "Jiří Ondřej Tomáš Zdeněk Vojtěch Luděk",
            "Dvořák/Dvořáková Novák/Nováková Šťastný/Šťastná Růžička/Růžičková Kříž/Křížová Čapek/Čapková Zátopek/Zátopková",
        ],
    ),
    latin(
        20,
        "HUN",
        [
            "Győr Pécs Debrecen Székesfehérvár Hódmezővásárhely",
            "Zsófia Réka Boglárka Ágnes Erzsébet",
            "László Zoltán Gergő Ákos Győző",
            "Nagy Szabó Kőszegi Tóth Németh Szűcs Hosszú Fehérvári",
        ],
    ),
    latin(
        20,
        "ROU",
        [
            "Iași Timișoara București Constanța Brașov",
            "Ioana Ștefania Mădălina Crăița Andreea",
            "Ștefan Răzvan Ionuț Cătălin Gheorghe",
            "Popescu Țepeș Bălan Câmpeanu Vlăduț Stănescu",
        ],
    ),
    latin(
        25,
        "TUR",
        [
            "İzmir Eskişehir Muğla Diyarbakır İstanbul",
            "Ayşe Zeynep Gülşah Özlem İpek Çiğdem",
            "Çağrı İbrahim Oğuz Şükrü Ömer Görkem",
            "Yılmaz Şahin Öztürk Çelik Güneş Doğan Işık Karahisarlıoğlu",
        ],
    ),
    latin(
        45,
        "SWE",
        [
            "Göteborg Malmö Östersund Västerås Umeå",
            "Åsa Malin Elin Saga Ingrid Märta Astrid",
            "Björn Göran Åke Oskar Hjalmar Måns Emil",
            "Åkesson Öberg Lindström Sjögren Björklund Hägglund Nyström Ängquist",
        ],
    ),
    latin(
        30,
        "NOR",
        [
            "Tromsø Ålesund Bodø Hønefoss Ås",
            "Solveig Ragnhild Gøril Synnøve Marit",
            "Bjørn Håkon Øyvind Sjur Torbjørn",
            "Sørensen Bøe Ødegård Kjærstad Håland Lillebø Ås",
        ],
    ),
    latin(
        25,
        "DNK",
        [
            "Århus Rønne Køge Tårnby Helsingør",
            "Mette Sørine Kirstine Åse Pernille",
            "Søren Jørgen Mads Rasmus Kåre",
            "Møller Kjær Østergaard Sørensen Åbjerg Nørgaard",
        ],
    ),
    latin(
        25,
        "FIN",
        [
            "Jyväskylä Järvenpää Hyvinkää Seinäjoki",
            "Päivi Äänikki Tuulikki Aino Elina",
            "Väinö Yrjö Pekka Aarne Jukka-Pekka",
            "Mäkinen Hämäläinen Järvinen Väyrynen Yli-Hietanen Koskenkorva",
        ],
    ),
    latin(
        10,
        "ISL",
        [
            "Reykjavík Hafnarfjörður Ísafjörður Akureyri",
            "Guðrún Þórdís Hildur Sigríður",
            "Þór Guðmundur Sigurður Ásgeir",
            "Guðmundsson/Guðmundsdóttir Þorsteinsson/Þorsteinsdóttir Sigurðsson/Sigurðardóttir Ólafsson/Ólafsdóttir",
        ],
    ),
    latin(
        20,
        "HRV",
        [
            "Split Šibenik Požega Čakovec",
            "Željka Vesna Đurđica Mirjana",
            "Željko Krešimir Đuro Tomislav",
            "Horvat Kovačević Babić Marić Jurić Šimunić Đurđević Žužul",
        ],
    ),
    latin(
        15,
        "LTU",
        [
            "Šiauliai Panevėžys Klaipėda",
            "Rūta Eglė Živilė Jūratė",
            "Šarūnas Žydrūnas Mindaugas Ąžuolas",
            "Kazlauskas/Kazlauskienė Žukauskas/Žukauskaitė Šimkus/Šimkutė Čepaitis/Čepaitytė",
        ],
    ),
    latin(
        25,
        "VNM",
        [
            "Huế Đà_Nẵng Hải_Phòng Cần_Thơ",
            "Thị_Mai Ngọc_Ánh Thu_Hằng Mỹ_Duyên",
            "Văn_Đức Minh_Quân Hữu_Phước Đình_Thắng",
            "Nguyễn Trần Lê Phạm Huỳnh Vũ Đặng Bùi",
        ],
    ),
    latin(
        40,
        "KEN",
        [
            "Eldoret Iten Kapsabet Nyahururu",
            "Faith Peres Brigid Hellen Vivian Jepkosgei",
            "Eliud Kipchumba Geoffrey Wilson Kibiwott Titus",
            "Kipkemboi Cheruiyot Jepchirchir Rotich Kiprop Chebet Wanjiru Kamworor",
        ],
    ),
    latin(
        25,
        "ETH",
        [
            "Bekoji Addis_Abeba Asella",
            "Tirunesh Almaz Letesenbet Gudaf",
            "Kenenisa Haile Tamirat Selemon",
            "Desta Gebremariam Alemu Wolde Tesfaye Worku",
        ],
    ),
    latin(
        35,
        "NGA",
        [
            "Lagos Ìbàdàn Enugu Abẹ́òkúta",
            "Ngozi Adaeze Chiamaka Fọlákẹ́ Títílayọ̀",
            "Chukwuemeka Olúwaṣeun Tunde Ifeanyi Babátúndé",
            "Okafor Adéyẹmí Nwosu Ọláníyan Eze Abubakar",
        ],
    ),
    latin(
        45,
        "IND",
        [
            "Pune Bengaluru Kochi Chandigarh",
            "Priya Ananya Lakshmi Divya Shreya",
            "Rahul Arjun Vikram Sanjay Karthik",
            "Sharma Iyer Patel Reddy Krishnamurthy Venkataraghavan Singh Nair",
        ],
    ),
    latin(
        20,
        "PHL",
        [
            "Dasmariñas Cebu Parañaque",
            "Maricel Analyn Princess Rosalinda",
            "Jun-Jun Rodel Benigno Jomar",
            "Dela_Cruz Bautista Magbanua Peñaflorida Santos",
        ],
    ),
    other(
        16,
        "GRC",
        Order::GivenFirst,
        [
            "Αθήνα Θεσσαλονίκη Πάτρα Ηράκλειο",
            "Ελένη Μαρία Αικατερίνη Ειρήνη Δήμητρα",
            "Γιώργος Σπύρος Κωνσταντίνος Νίκος Αλέξανδρος",
            "Παπαδόπουλος/Παπαδοπούλου Οικονόμου Γεωργίου Λούης/Λούη Χατζηγεωργίου Καραγιάννης/Καραγιάννη",
        ],
    ),
    other(
        16,
        "UKR",
        Order::GivenFirst,
        [
            "Київ Львів Харків Чернівці",
            "Оксана Наталія Соломія Ганна Єлизавета",
            "Олександр Сергій Тарас Юрій Євген",
            "Шевченко Коваленко Бондаренко Кравчук Їжакевич Залізняк",
        ],
    ),
    other(
        10,
        "BGR",
        Order::GivenFirst,
        [
            "София Пловдив Варна",
            "Елисавета Ивелина Цветелина Мария",
            "Георги Христо Димитър Любомир",
            "Иванов/Иванова Петров/Петрова Желязков/Желязкова Щерев/Щерева",
        ],
    ),
    other(
        10,
        "SRB",
        Order::GivenFirst,
        [
            "Београд Нови_Сад Ниш",
            "Љубица Јелена Милица Ђурђина",
            "Никола Љубомир Ђорђе Немања",
            "Ђоковић Јовановић Љубичић Живковић Његош",
        ],
    ),
    other(
        16,
        "EGY",
        Order::GivenFirst,
        [
            "القاهرة الإسكندرية أسوان",
            "فاطمة مريم نور ليلى ياسمين",
            "محمد أحمد عبد_الرحمن يوسف خالد",
            "حسن السيد عبد_الله المصري إبراهيم الشافعي",
        ],
    ),
    other(
        6,
        "IRN",
        Order::GivenFirst,
        [
            "تهران شیراز اصفهان",
            "زهرا پریسا شیرین گلناز",
            "رضا پویا کیوان آرش",
            "احمدی کریمی پهلوان گلستانی",
        ],
    ),
    other(
        12,
        "ISR",
        Order::GivenFirst,
        [
            "תל_אביב ירושלים חיפה",
            "נועה תמר מיכל שירה",
            "יוסף אורי דוד איתי",
            "כהן לוי מזרחי פרידמן בן־דוד",
        ],
    ),
    other(
        16,
        "IND",
        Order::GivenFirst,
        [
            "मुंबई दिल्ली वाराणसी",
            "प्रिया लक्ष्मी श्रेया काव्या",
            "अर्जुन कृष्ण विक्रम सिद्धार्थ",
            "शर्मा कुलकर्णी त्रिपाठी श्रीवास्तव सिंह",
        ],
    ),
    other(
        8,
        "IND",
        Order::GivenFirst,
        [
            "சென்னை மதுரை",
            "மீனாட்சி கவிதா தமிழ்செல்வி",
            "முருகன் கார்த்திக் செந்தில்",
            "சுப்பிரமணியன் நடராஜன் பாரதி",
        ],
    ),
    other(
        12,
        "THA",
        Order::GivenFirst,
        [
            "กรุงเทพ เชียงใหม่ ภูเก็ต",
            "สุดารัตน์ พิมพ์ชนก กัญญา",
            "สมชาย ธนพล กิตติศักดิ์",
            "ศรีสุข วงศ์สวัสดิ์ เจริญผล บุญมี",
        ],
    ),
    other(
        5,
        "ARM",
        Order::GivenFirst,
        [
            "Երևան Գյումրի",
            "Անի Լուսինե Հասմիկ",
            "Արմեն Տիգրան Վարդան",
            "Հակոբյան Պետրոսյան Մկրտչյան",
        ],
    ),
    other(
        5,
        "GEO",
        Order::GivenFirst,
        [
            "თბილისი ბათუმი",
            "ნინო თამარი ქეთევანი",
            "გიორგი ლევანი ვახტანგი",
            "ბერიძე კვარაცხელია მაისურაძე",
        ],
    ),
    other(
        14,
        "CHN",
        Order::FamilyFirst,
        [
            "北京 上海 成都",
            "小红 丽娜 秀英 晓燕",
            "伟 建国 志强 子轩",
            "王 李 张 刘 欧阳 赵",
        ],
    ),
    other(
        10,
        "TWN",
        Order::FamilyFirst,
        [
            "臺北 高雄 臺南",
            "淑芬 雅婷 怡君",
            "志明 冠宇 家豪",
            "陳 林 黃 蔡 鄭",
        ],
    ),
    other(
        16,
        "JPN",
        Order::FamilyFirstSpaced,
        [
            "東京 札幌 京都 さいたま",
            "陽菜 さくら 美咲 マリコ 結衣",
            "大翔 健太 翔太 ケンジ 蓮",
            "佐藤 鈴木 高橋 渡辺 大迫 設楽",
        ],
    ),
    other(
        14,
        "KOR",
        Order::FamilyFirst,
        [
            "서울 부산 춘천",
            "서연 지우 하은 민지",
            "민준 도윤 현우 봉주",
            "김 이 박 최 황보 정",
        ],
    ),
];

const fn latin(
    share: u32,
    country: &'static str,
    [cities, women, men, families]: [&'static str; 4],
) -> Culture {
    Culture {
        share,
        country,
        cities,
        women,
        men,
        families,
        order: Order::GivenFirst,
        doubled_permille: 20,
    }
}

const fn other(
    share: u32,
    country: &'static str,
    order: Order,
    [cities, women, men, families]: [&'static str; 4],
) -> Culture {
    Culture {
        order,
        doubled_permille: 0,
        ..latin(share, country, [cities, women, men, families])
    }
}
